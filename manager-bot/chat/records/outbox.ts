import type { InlineKeyboardMarkup } from 'telegraf/types'
import { type EntityManager, EntitySchema } from 'typeorm'
import type { Document } from '../../command.ts'

/** Something to say that Telegram has not taken yet. */
export type Posted = {
  id: number
  chatId: number
  threadId: number | null
  replyTo: number | null
  /** 0 goes first. */
  priority: number
  silent: boolean
  html: string
  markup: InlineKeyboardMarkup | null
  document: Document | null
  /** The message whose text it replaces. */
  editOf: number | null
  /** The same, by the nonce of a button in that message. */
  editWith: string | null
  /** Of two with one key only the first is taken. */
  key: string | null
  createdAt: number
}

export const OutboxSchema = new EntitySchema<Posted>({
  name: 'posted',
  tableName: 'outbox',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    chatId: { name: 'chat_id', type: 'integer' },
    threadId: { name: 'thread_id', type: 'integer', nullable: true },
    replyTo: { name: 'reply_to', type: 'integer', nullable: true },
    priority: { type: 'integer' },
    silent: { type: 'boolean' },
    html: { type: 'text' },
    markup: { type: 'simple-json', nullable: true },
    document: { type: 'simple-json', nullable: true },
    editOf: { name: 'edit_of', type: 'integer', nullable: true },
    editWith: { name: 'edit_with', type: 'text', nullable: true },
    key: { type: 'text', nullable: true },
    createdAt: { name: 'created_at', type: 'integer' },
  },
  indices: [
    { name: 'outbox_by_chat', columns: ['chatId', 'priority', 'id'] },
    { name: 'outbox_by_key', columns: ['key'], unique: true },
  ],
})

export const addToOutbox = async (entities: EntityManager, posted: Omit<Posted, 'id'>): Promise<void> => {
  if (posted.key !== null && (await entities.existsBy(OutboxSchema, { key: posted.key }))) return
  await entities.insert(OutboxSchema, posted)
}

/** What is to be said next in a chat: the most important, and of these the oldest. */
export const nextInOutbox = async (entities: EntityManager, chatId: number): Promise<Posted | undefined> =>
  (await entities.find(OutboxSchema, { where: { chatId }, order: { priority: 'ASC', id: 'ASC' }, take: 1 })).at(0)

export const removeFromOutbox = async (entities: EntityManager, id: number): Promise<void> => {
  await entities.delete(OutboxSchema, { id })
}

export const chatsWithPost = async (entities: EntityManager): Promise<number[]> => {
  const found = await entities.find(OutboxSchema, { select: { chatId: true } })
  return [...new Set(found.map(({ chatId }) => chatId))]
}
