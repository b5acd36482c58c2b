import { randomBytes } from 'node:crypto'
import { type FormattedText, trimmed, withFound } from '../text/entities.ts'
import { botsIn, type ChatName, chatOfPerson, groupById, messageIn, mustHavePerson, topicIn } from './chats.ts'
import { isAdmin } from './members.ts'
import { editMessage, postMessage } from './messages.ts'
import type { Forward, Group, Message, Person, StoredChat, StoredFile } from './state.ts'
import { tellBots } from './tell-bots.ts'
import { seconds, type World } from './world.ts'

/** How a person writes. Ids throughout. */
export type Manner = {
  /** Into a topic of a forum. Left out: into General, or where the answered message is. */
  topic?: number
  replyTo?: number
  /** Somebody else's message, passed on: that person's or bot's id, or true for somebody who hides the account. */
  forwarded?: true | number
  /** As an admin who remains anonymous: in the group's own name. */
  anonymous?: boolean
}

/** `content`: text or bytes. */
export type NewFile = { name: string; content: string | Uint8Array; mimeType?: string; caption?: string }

/** Where something was written. */
type Written = { chat: StoredChat; message: Message }

const HIDDEN_ACCOUNT = 'Somebody'

/** A person writes; every bot that would hear of it in Telegram gets an update. */
export const say = (world: World, id: number, { to, text, ...manner }: Manner & { to: ChatName; text: string }) => {
  const content = plain(text)
  if (!content.text) throw new Error('A person can only send a message that is not empty')
  const person = mustHavePerson(world, id)
  return write(world, person, { chat: writableChat(world, person, to), content, manner })
}

/** A person sends a file of any size; bots can download up to 20 MB. */
export const sendFile = (
  world: World,
  id: number,
  { to, file, ...manner }: Manner & { to: ChatName; file: NewFile },
) => {
  if (file.content.length === 0) throw new Error('A person can only send a file that is not empty')
  const person = mustHavePerson(world, id)
  return write(world, person, {
    chat: writableChat(world, person, to),
    content: plain(file.caption ?? ''),
    file,
    manner,
  })
}

export type Edit = { in: ChatName; message: number; text: string }

/** A person changes an own message: its text, or the caption of a file. */
export const edit = (world: World, id: number, { in: name, message: messageId, text }: Edit): Written => {
  const person = mustHavePerson(world, id)
  const chat = writableChat(world, person, name)
  const message = messageIn(chat, messageId)
  if (message?.from !== id) throw new Error(`${person.name} wrote no message ${messageId} in that chat`)
  const { buttons } = message
  const changed = editMessage(world, { chat, message }, { content: plain(text), buttons })
  if (changed) tellBots(world, chat, message, { edited: true })
  return { chat, message }
}

type Writing = { chat: StoredChat; content: FormattedText; file?: NewFile; manner: Manner }

const write = (world: World, person: Person, { chat, content, file, manner }: Writing): Written => {
  const thread = threadFor(chat, manner)
  const options = {
    ...(manner.replyTo ? { replyTo: manner.replyTo } : {}),
    ...(thread ? { thread } : {}),
    ...(manner.forwarded ? { forward: forwardOf(world, manner.forwarded) } : {}),
    ...senderOf(world, person, chat, manner),
  }
  const stored = file ? { file: storedFile(world, chat, file).file_id } : {}
  const message = postMessage(world, chat, { from: person.id, content, ...stored, ...options })
  tellBots(world, chat, message)
  if (chat.type === 'channel') forwardAutomatically(world, chat, message)
  return { chat, message }
}

const writableChat = (world: World, person: Person, name: ChatName): StoredChat => {
  const chat = chatOfPerson(world, person, name)
  if (chat.type === 'private' && chat.blocked) throw new Error(`${person.name} has blocked ${name}`)
  if (chat.type === 'private') return chat
  if (chat.migratedTo) throw new Error(`${chat.title} has become the supergroup ${chat.migratedTo}`)
  if (chat.type === 'channel' && !isAdmin(world, chat, person.id)) {
    throw new Error(`${person.name} is no admin of ${chat.title}`)
  }
  return chat
}

const threadFor = (chat: StoredChat, { topic, replyTo }: Manner): number | undefined => {
  const answered = replyTo === undefined ? undefined : messageIn(chat, replyTo)
  if (replyTo !== undefined && !answered) throw new Error(`No message ${replyTo} in that chat`)
  if (topic !== undefined && !topicIn(chat, topic)) throw new Error(`No topic ${topic} in that chat`)
  return topic ?? answered?.thread
}

const senderOf = (world: World, person: Person, chat: StoredChat, { anonymous }: Manner) => {
  if (chat.type === 'channel') return { sender_chat: chat.id }
  if (!anonymous) return {}
  if (chat.type === 'private' || !isAdmin(world, chat, person.id)) {
    throw new Error(`${person.name} is no admin there, and only admins can be anonymous`)
  }
  return { sender_chat: chat.id }
}

const forwardOf = (world: World, whose: true | number): Forward => {
  const hidden = { type: 'hidden_user' as const, name: HIDDEN_ACCOUNT }
  return { origin: whose === true ? hidden : { type: 'user', user: whose }, date: seconds(world) }
}

const forwardAutomatically = (world: World, channel: Group, post: Message) => {
  const group = channel.linkedGroup === undefined ? undefined : groupById(world, channel.linkedGroup)
  if (!group) return
  const { from, text, entities, file, date } = post
  const origin = { type: 'channel' as const, chat: channel.id, message_id: post.message_id }
  const message = postMessage(world, group, {
    from,
    content: { text, entities },
    sender_chat: channel.id,
    forward: { origin, date, automatic: true },
    ...(file ? { file } : {}),
  })
  tellBots(world, group, message)
}

const storedFile = (world: World, chat: StoredChat, { name, content, mimeType }: NewFile): StoredFile => {
  const bytes = Buffer.from(content)
  const [bot, ...others] = botsIn(world, chat)
  const file = {
    file_id: `BQAC${randomBytes(24).toString('base64url')}`,
    bot: bot?.id ?? 0,
    others: others.map(({ id }) => id),
    file_name: name,
    mime_type: mimeType ?? 'application/octet-stream',
    size: bytes.length,
    content: bytes.toString('base64'),
  }
  world.state.files.push(file)
  return file
}

const plain = (text: string): FormattedText => withFound(trimmed({ text, entities: [] }))
