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

export type PrivateChat = { type: 'private'; bot: number; person: number; messages: Message[]; blocked?: boolean }

/** Where several are: a basic group, a supergroup or a channel. Its first person owns it. */
export type Group = {
  type: 'group' | 'supergroup' | 'channel'
  id: number
  title: string
  members: number[]
  admins?: number[]
  kicked?: number[]
  /** Only a forum has them. */
  topics?: Topic[]
  /** The supergroup that this basic group has become. */
  migratedTo?: number
  /** The group that a channel's posts are forwarded to. */
  linkedGroup?: number
  nextMessageId: number
  messages: Message[]
}

/** `id` is that of the message that created it. */
export type Topic = { id: number; name: string; deleted?: boolean }

export type StoredChat = PrivateChat | Group

/** `date` and `edit_date` are Unix seconds; `from` is the id of the person or bot that wrote it, even if hidden. */
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
  /** In whose name it was written: the group's by an anonymous admin, a channel's by its posts. */
  sender_chat?: number
  forward?: Forward
  service?: ServiceMessage
  pinned?: boolean
  /** Emoji by the id of the bot that reacted. */
  reactions?: Record<string, string[]>
}

/** `date` is that of the original, in Unix seconds. */
export type Forward = { origin: Origin; date: number; automatic?: boolean }

export type Origin =
  | { type: 'user'; user: number }
  | { type: 'hidden_user'; name: string }
  | { type: 'channel'; chat: number; message_id: number }

/** What a message without content tells; people and messages by id. */
export type ServiceMessage =
  | { forum_topic_created: { name: string; icon_color: number } }
  | { migrate_to_chat_id: number }
  | { migrate_from_chat_id: number }
  | { new_chat_members: number[] }
  | { left_chat_member: number }
  | { pinned_message: number }

export type Button = { text: string; callback_data?: string; url?: string; style?: string }

/** `content` is base64, so that the state stays JSON. A file id belongs to one bot. */
export type StoredFile = {
  file_id: string
  bot: number
  /** Unlike Telegram's, the id of a person's file in a group serves the other bots there too. */
  others?: number[]
  file_name: string
  mime_type: string
  size: number
  content: string
}

export type CallbackQuery = { id: string; bot: number; at: number; answer?: CallbackAnswer }

export type CallbackAnswer = { answered: boolean; text: string; show_alert: boolean }

export const emptyState = (): State => ({ people: [], bots: [], chats: [], files: [], queries: [] })
