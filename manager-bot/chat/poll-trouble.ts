import type { Engine } from '../../deploy-engine/index.ts'
import { bold, line, type RichText } from '../text/rich-text.ts'
import type { Outbox } from './outbox.ts'
import { noteConflict, noteConflictOver } from './poll-conflict.ts'
import { owners } from './records/person.ts'

/** Tells the owners what keeps the manager from hearing them, where it can still speak; once, and when it is over. */
export type PollTrouble = {
  conflict(): Promise<void>
  /** A poll was answered. With another one's polls between them, that alone does not mean that all is well. */
  heard(): Promise<void>
}

// The poll of a process that was just replaced conflicts once or twice.
const CONFLICTS = 3
const WITHIN_MS = 3 * 60_000
const QUIET_MS = 60_000

export const pollTrouble = (engine: Engine, outbox: Outbox): PollTrouble => {
  let conflicts: number[] = []
  let told = false
  const tell = async (text: RichText, note: typeof noteConflict) => {
    const people = await owners(engine.database.read)
    await engine.database.transaction(async (entities) => {
      await note(entities, engine.clock.now())
      for (const { telegramId } of people) {
        const place = { chatId: telegramId, threadId: null, replyTo: null }
        await outbox.post(entities, { place, text, priority: 'alert', silent: false })
      }
    })
    for (const { telegramId } of people) outbox.wake(telegramId)
  }
  return {
    conflict: async () => {
      const now = engine.clock.elapsed()
      conflicts = [...conflicts.filter((at) => at > now - WITHIN_MS), now]
      if (told || conflicts.length < CONFLICTS) return
      await tell(CONFLICT, noteConflict)
      told = true
    },
    heard: async () => {
      const last = conflicts.at(-1) ?? Number.NEGATIVE_INFINITY
      if (!told || engine.clock.elapsed() - last < QUIET_MS) return
      await tell([line('The other program has stopped: I hear everything again.')], noteConflictOver)
      told = false
      conflicts = []
    },
  }
}

const CONFLICT: RichText = [
  line(bold('Another program uses my token: it takes some of what you send me.')),
  line('Stop it there, or give me a new token of @BotFather in TBS_TOKEN and start me again. Your bots run on.'),
]
