import type { EntityManager } from 'typeorm'
import type { RichText } from '../text/rich-text.ts'
import type { Outbox } from './outbox.ts'

/** Puts down, in the caller's transaction, what people are to read in their private chats. Silent. */
export const postTo = async (
  outbox: Outbox,
  entities: EntityManager,
  people: readonly number[],
  text: RichText,
): Promise<void> => {
  for (const chatId of people) {
    const place = { chatId, threadId: null, replyTo: null }
    await outbox.post(entities, { place, text, priority: 'result', silent: true })
  }
}
