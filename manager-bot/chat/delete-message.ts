import { type Block, line } from '../text/rich-text.ts'
import { says } from './bot-api.ts'
import type { Incoming } from './message.ts'
import type { Speaking } from './speaking.ts'

/** Takes a message with a secret out of the chat at once; gives what to say where that could not be done. */
export const deleteMessage = async (
  { api, signal, log }: Speaking,
  { place, messageId }: Pick<Incoming, 'place' | 'messageId'>,
): Promise<Block[]> => {
  try {
    await api.call('deleteMessage', { chat_id: place.chatId, message_id: messageId }, { signal })
    return []
  } catch (error) {
    // Handled again after a kill: it is gone already.
    if (says(error, 'message to delete not found')) return []
    log.warn({ chat: place.chatId, err: error }, 'a message with a secret could not be deleted')
    return [line('I could not delete your message: please delete it yourself.')]
  }
}
