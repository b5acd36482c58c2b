import type { Engine } from '../../deploy-engine/index.ts'
import { bold, line, command as typed } from '../text/rich-text.ts'
import type { Outbox } from './outbox.ts'
import { removeButtonsAt } from './records/button.ts'
import { forgetLive, keptLive } from './records/live.ts'

/** Messages that an earlier process was showing something live in say that this has ended. */
export const tellLiveEnded = async (engine: Engine, outbox: Outbox): Promise<void> => {
  for (const { chatId, messageId, bot } of await keptLive(engine)) {
    const place = { chatId, threadId: null, replyTo: null }
    const text = [line(bold(bot), ' — followed until the manager was restarted. ', typed(`logs ${bot}`))]
    await engine.database.transaction(async (entities) => {
      await removeButtonsAt(entities, { chatId, messageId })
      await outbox.post(entities, { place, text, priority: 'result', silent: true, edit: messageId })
    })
    await forgetLive(engine, { chatId, messageId })
    outbox.wake(chatId)
  }
}
