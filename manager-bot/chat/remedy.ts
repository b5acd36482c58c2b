import { type Engine, messageOf } from '../../deploy-engine/index.ts'
import { backoff } from './backoff.ts'
import { errorCode, isPassing, movedTo, retryAfterMs, says } from './bot-api.ts'
import type { Lanes } from './lanes.ts'
import { forgetThread, moveChat } from './records/move-chat.ts'
import type { Place } from './records/operation-message.ts'
import type { Speaking } from './speaking.ts'

/** `failures`: in a row, this one included. */
type Failed = { place: Pick<Place, 'chatId' | 'threadId'>; error: unknown; failures: number }

/**
 * What to do about a message that Telegram did not take: the ms after which to try again, 0 for at once, undefined
 * when that is pointless. A chat that has moved and a topic that is gone are put right first.
 */
export const remedy = async (
  engine: Engine,
  { speaking, lanes }: { speaking: Speaking; lanes: Lanes },
  { place, error, failures }: Failed,
): Promise<number | undefined> => {
  const { chatId, threadId } = place
  const to = movedTo(error)
  if (to !== undefined) {
    await engine.database.transaction((entities) => moveChat(entities, chatId, to))
    speaking.log.info({ chat: chatId, to }, 'a chat has moved')
    lanes.move(chatId, to)
    return 0
  }
  if (threadId !== null && says(error, 'message thread not found')) {
    await engine.database.transaction((entities) => forgetThread(entities, chatId, threadId))
    return 0
  }
  // A token that is refused today may be valid after the next start.
  const code = errorCode(error)
  if (code === undefined || code === 401 || isPassing(error))
    return retryAfterMs(error) ?? backoff(failures, speaking.random)
  speaking.log.error({ chat: chatId, reason: messageOf(error) }, 'a message could not be delivered')
  return undefined
}
