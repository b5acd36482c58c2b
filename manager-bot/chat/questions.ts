import { type Engine, remembered } from '../../deploy-engine/index.ts'
import { expired } from '../confirmation.ts'
import type { Outbox } from './outbox.ts'
import { openQuestions, removeButtonsAt, unansweredQuestions } from './records/button.ts'
import type { Speaking } from './speaking.ts'

const EVERY_MS = 2000

/** Closes questions that nobody has answered in time, also those of before the start, until the signal aborts. */
export const closeQuestions = async (
  engine: Engine,
  { outbox, speaking: { clock, log, signal } }: { outbox: Outbox; speaking: Speaking },
): Promise<void> => {
  const open = remembered(engine, () => openQuestions(engine.database.read))
  const sweep = async (): Promise<void> => {
    // As a rule there are none, and whoever is to be answered would wait for the transaction.
    const isDue = (await open()).some(({ expiresAt }) => expiresAt <= clock.now())
    if (isDue) await sweepQuestions(engine, outbox)
  }
  while (!signal.aborted) {
    await sweep().catch((err) => log.error({ err }, 'questions could not be closed'))
    await clock.sleep(EVERY_MS, signal).catch(() => {})
  }
}

/** Takes the buttons of expired questions away, and has their messages say that nothing was done. */
export const sweepQuestions = async ({ database, clock }: Engine, outbox: Outbox): Promise<void> => {
  const chats = await database.transaction(async (entities) => {
    const questions = await unansweredQuestions(entities, clock.now())
    for (const question of questions) {
      const { chatId, messageId } = question
      if (messageId === null) continue
      await removeButtonsAt(entities, { chatId, messageId })
      const place = { chatId, threadId: null, replyTo: null }
      const text = expired(question)
      await outbox.post(entities, { place, text, priority: 'result', silent: true, edit: messageId })
    }
    return new Set(questions.map(({ chatId }) => chatId))
  })
  for (const chatId of chats) outbox.wake(chatId)
}
