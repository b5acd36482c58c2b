import { type EntityManager, EntitySchema } from 'typeorm'

/** The one message that shows an operation in a chat. */
export type OperationMessage = {
  id: number
  operationId: number
  chatId: number
  threadId: number | null
  /** The command that asked for it. */
  replyTo: number | null
  /** null: not sent yet. */
  messageId: number | null
  deliveredRevision: number
  /** closed: nothing more is expected to change. */
  state: 'open' | 'closed'
  /** A failure makes a sound, once; editing is silent. */
  alarmed: boolean
  createdAt: number
}

export const OperationMessageSchema = new EntitySchema<OperationMessage>({
  name: 'operation_message',
  tableName: 'operation_messages',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    operationId: { name: 'operation_id', type: 'integer' },
    chatId: { name: 'chat_id', type: 'integer' },
    threadId: { name: 'thread_id', type: 'integer', nullable: true },
    replyTo: { name: 'reply_to', type: 'integer', nullable: true },
    messageId: { name: 'message_id', type: 'integer', nullable: true },
    deliveredRevision: { name: 'delivered_revision', type: 'integer', default: 0 },
    state: { type: 'text' },
    alarmed: { type: 'boolean', default: false },
    createdAt: { name: 'created_at', type: 'integer' },
  },
  indices: [{ name: 'operation_messages_by_state', columns: ['state'] }],
  uniques: [{ columns: ['operationId', 'chatId'] }],
})

export type Place = Pick<OperationMessage, 'chatId' | 'threadId' | 'replyTo'>

/** One message per operation and chat: asking again changes nothing. */
export const addOperationMessage = async (
  entities: EntityManager,
  operationId: number,
  place: Place & { createdAt: number; messageId?: number },
): Promise<void> => {
  if (await entities.existsBy(OperationMessageSchema, { operationId, chatId: place.chatId })) return
  await entities.insert(OperationMessageSchema, { messageId: null, ...place, operationId, state: 'open' })
}

export const openMessages = (entities: EntityManager): Promise<OperationMessage[]> =>
  entities.find(OperationMessageSchema, { where: { state: 'open' }, order: { id: 'ASC' } })

export const messagesOf = (entities: EntityManager, operationId: number): Promise<OperationMessage[]> =>
  entities.find(OperationMessageSchema, { where: { operationId, state: 'open' } })

export const changeOperationMessage = async (
  entities: EntityManager,
  id: number,
  change: Partial<Pick<OperationMessage, 'messageId' | 'deliveredRevision' | 'state' | 'alarmed'>>,
): Promise<void> => {
  await entities.update(OperationMessageSchema, { id }, change)
}
