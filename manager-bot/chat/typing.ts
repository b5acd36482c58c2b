import type { Door } from './door.ts'
import type { Incoming } from './message.ts'

const LATE_MS = 1_000
/** Telegram shows it for five seconds. */
const AGAIN_MS = 4_000

/** Does something for a person in a chat; what takes over a second shows there that it is being done. */
export const typing = async <T>(
  { speaking }: Door,
  { place }: Pick<Incoming, 'place'>,
  work: Promise<T>,
): Promise<T> => {
  const { api, clock } = speaking
  const over = new AbortController()
  const say = async () => {
    for (let ms = LATE_MS; ; ms = AGAIN_MS) {
      await clock.sleep(ms, over.signal)
      const thread = place.threadId === null ? {} : { message_thread_id: place.threadId }
      await api.call('sendChatAction', { chat_id: place.chatId, action: 'typing', ...thread }, { signal: over.signal })
    }
  }
  // That it does not appear is no reason to do anything else.
  say().catch(() => {})
  return work.finally(() => over.abort())
}
