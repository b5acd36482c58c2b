import type { EntityManager } from 'typeorm'
import { movePlaces } from './bound-place.ts'
import { ButtonSchema } from './button.ts'
import { IncidentMessageSchema } from './incident-message.ts'
import { OperationMessageSchema } from './operation-message.ts'
import { OutboxSchema } from './outbox.ts'

/** A group became a supergroup: what is to be said there goes to the new id. Its old messages can't be edited there. */
export const moveChat = async (entities: EntityManager, from: number, to: number): Promise<void> => {
  await entities.update(OutboxSchema, { chatId: from }, { chatId: to, threadId: null, replyTo: null, editOf: null })
  const shown = { chatId: to, threadId: null, replyTo: null, messageId: null }
  await entities.update(OperationMessageSchema, { chatId: from }, shown)
  const told = { chatId: to, threadId: null, messageId: null, face: '' }
  await entities.update(IncidentMessageSchema, { chatId: from }, told)
  await entities.delete(ButtonSchema, { chatId: from })
  await movePlaces(entities, from, to)
}

/** The topic is gone: what was meant for it is said in the chat itself. */
export const forgetThread = async (entities: EntityManager, chatId: number, threadId: number): Promise<void> => {
  const general = { threadId: null, replyTo: null }
  await entities.update(OutboxSchema, { chatId, threadId }, general)
  await entities.update(OperationMessageSchema, { chatId, threadId }, general)
  await entities.update(IncidentMessageSchema, { chatId, threadId }, { threadId: null })
}
