import type { ApiCall } from '../api/calls.ts'
import type { Entity } from '../text/entities.ts'
import { type ChatName, groupById } from '../world/chats.ts'
import type { Button, Forward, Message, Person, ServiceMessage, StoredChat, StoredFile } from '../world/state.ts'
import { botById, personById, type World, type WorldEvent } from '../world/world.ts'

/** A message as people see it. `date` and `edit_date` are Unix seconds, `at` is in milliseconds. */
export type SandboxMessage = {
  message_id: number
  /** Who wrote it, also if bots are told of an anonymous admin or a channel: that is in `sender_chat`. */
  from: { id: number; name: string; username?: string; is_bot: boolean }
  date: number
  edit_date?: number
  /** The current text; of a document, its caption. Formatting is in `entities`. */
  text: string
  entities: Entity[]
  /** Every text it has had, oldest first, the current one last. */
  history: { text: string; at: number }[]
  deleted: boolean
  buttons: Button[][]
  /** Sent with disable_notification. */
  silent: boolean
  reply_to?: number
  thread?: number
  document?: { file_id: string; file_name: string; mime_type: string; content: Buffer }
  sender_chat?: { id: number; title: string }
  forward?: Forward
  /** What happened to the chat, in a message without text. */
  service?: ServiceMessage
  pinned?: boolean
  reactions?: string[]
}

/** Where something happened: `chat` is a bot's username (then `person` says whose chat it is) or a group's id. */
export type Place = { chat: ChatName; person?: number }

export type SandboxEvent =
  | { type: 'person'; person: Person }
  | { type: 'group'; group: number }
  | { type: 'bot' | 'commands' | 'queue' | 'update'; bot: string }
  | ({ type: 'message' | 'edit' | 'delete'; message: SandboxMessage } & Place)
  | ({ type: 'action'; bot: string; action: string } & Place)
  | { type: 'answer'; query: string }
  | { type: 'call'; call: ApiCall }

export const messageView = (
  world: World,
  { reply_to, edit_date, file, sender_chat, reactions, ...message }: Message,
): SandboxMessage => {
  const stored = world.state.files.find(({ file_id }) => file_id === file)
  const sender = sender_chat === undefined ? undefined : groupById(world, sender_chat)
  const reacted = Object.values(reactions ?? {}).flat()
  return {
    ...structuredClone(message),
    from: authorView(world, message.from),
    ...(edit_date ? { edit_date } : {}),
    ...(reply_to ? { reply_to } : {}),
    ...(sender ? { sender_chat: { id: sender.id, title: sender.title } } : {}),
    ...(reacted.length ? { reactions: reacted } : {}),
    ...(stored ? { document: documentView(stored) } : {}),
  }
}

export const placeOf = (world: World, chat: StoredChat): Place =>
  chat.type === 'private' ? { chat: usernameOf(world, chat.bot), person: chat.person } : { chat: chat.id }

export const eventView = (world: World, event: WorldEvent): SandboxEvent | undefined => {
  switch (event.type) {
    case 'message':
    case 'edit':
    case 'delete': {
      const message = event.chat.messages.findLast(({ message_id }) => message_id === event.message)
      return message && { type: event.type, ...placeOf(world, event.chat), message: messageView(world, message) }
    }
    case 'action':
      return { ...event, ...placeOf(world, event.chat), bot: usernameOf(world, event.bot) }
    case 'person': {
      const person = personById(world, event.id)
      return person && { type: 'person', person: { ...person } }
    }
    case 'group':
      return { type: 'group', group: event.id }
    case 'answer':
      return event
    default:
      return { type: event.type, bot: usernameOf(world, event.bot) }
  }
}

const authorView = (world: World, id: number): SandboxMessage['from'] => {
  const bot = botById(world, id)
  const author = bot ?? personById(world, id)
  if (!author) throw new Error(`A message of nobody: ${id}`)
  const { name, username } = author
  return { id, name, is_bot: bot !== undefined, ...(username ? { username } : {}) }
}

const documentView = ({ file_id, file_name, mime_type, content }: StoredFile) => ({
  file_id,
  file_name,
  mime_type,
  content: Buffer.from(content, 'base64'),
})

const usernameOf = (world: World, bot: number) => botById(world, bot)?.username ?? String(bot)
