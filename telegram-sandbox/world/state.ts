import type { Entity } from '../text/entities.ts'

/** Everything the sandbox knows, as plain JSON: written to and read from the state file as it is. */
export type State = {
  people: Person[]
  bots: Bot[]
  chats: StoredChat[]
  files: StoredFile[]
  queries: CallbackQuery[]
}

export type Person = { id: number; name: string; username?: string }

export type Bot = {
  id: number
  username: string
  name: string
  token: string
  webhookUrl: string
  webhookSecret?: string
  /** The last failure to deliver; `date` is Unix seconds. */
  webhookError?: { date: number; message: string }
  /** As set by the last getUpdates or setWebhook that named any; absent: the default set. */
  allowedUpdates?: string[]
  commands: Record<string, Command[]>
  nextMessageId: number
  queue: UpdateQueue
}

export type Command = { command: string; description: string }

export type UpdateQueue = { updates: QueuedUpdate[]; nextId: number; lastPushAt: number }

/** `expires` and UpdateQueue's `lastPushAt` are Unix seconds. */
export type QueuedUpdate = { update_id: number; expires: number; type: string; body: unknown }

export type PrivateChat = { type: 'private'; bot: number; person: number; messages: Message[] }

export type Group = {
  type: 'supergroup'
  id: number
  title: string
  members: number[]
  nextMessageId: number
  messages: Message[]
}

export type StoredChat = PrivateChat | Group

/** `date` and `edit_date` are Unix seconds; `from` is the id of a person or a bot. */
export type Message = {
  message_id: number
  date: number
  from: number
  text: string
  entities: Entity[]
  history: { text: string; at: number }[]
  edit_date?: number
  deleted: boolean
  buttons: Button[][]
  silent: boolean
  reply_to?: number
  thread?: number
  file?: string
}

export type Button = { text: string; callback_data?: string; url?: string; style?: string }

/** `content` is base64, so that the state stays JSON. A file id belongs to one bot. */
export type StoredFile = {
  file_id: string
  bot: number
  file_name: string
  mime_type: string
  size: number
  content: string
}

export type CallbackQuery = { id: string; bot: number; at: number; answer?: CallbackAnswer }

export type CallbackAnswer = { answered: boolean; text: string; show_alert: boolean }

export const emptyState = (): State => ({ people: [], bots: [], chats: [], files: [], queries: [] })
