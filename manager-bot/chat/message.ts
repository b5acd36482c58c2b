import type { Message, User } from 'telegraf/types'
import type { Access } from '../role.ts'
import type { Place } from './records/operation-message.ts'

/** A message as this door understands it. */
export type Incoming = {
  /** Absent: nothing is done about it twice anyway. */
  updateId?: number
  messageId: number
  /** It came by a button of this message. */
  pressed?: number
  /** The message whose place its answer takes. */
  replaces?: number
  /** The message that it came from shows what came of it: the answer is not said. */
  quiet?: true
  personId: number
  /** For people to recognise the account; it proves nothing. */
  personName: string
  isPrivate: boolean
  /** What the group, and the topic in it, are called; absent in private chats. */
  title?: string
  text: string
  /** A file, in private chats. */
  document?: { fileId: string; bytes: number }
  place: Place
}

/** Of somebody whom the manager listens to. */
export type Known = Incoming & { access: Access }

export type Typed = {
  command: string
  /** Username after the @, if any. */
  addressee: string | undefined
  rest: string
}

const ANONYMOUS_ADMIN = 1087968824

/**
 * undefined for what nobody in particular said just now: messages forwarded, edited, sent through another bot, by a
 * channel or by an anonymous admin, and those without text; a file only in a private chat.
 */
export const incoming = (message: Message): Incoming | undefined => {
  if (EXCLUDED.some((field) => field in message)) return undefined
  return saidIn(message)
}

/** A command in a private chat that was edited or forwarded; it is not to be run. */
export const secondHandCommand = (message: Message): Incoming | undefined => {
  if (!SECOND_HAND.some((field) => field in message) || NOBODY.some((field) => field in message)) return undefined
  const said = saidIn(message)
  return said?.isPrivate && typedCommand(said.text) ? said : undefined
}

const saidIn = (message: Message): Incoming | undefined => {
  const { from, chat } = message
  if (!from || from.is_bot || from.id === ANONYMOUS_ADMIN) return undefined
  const isPrivate = chat.type === 'private'
  const document = isPrivate && 'document' in message ? message.document : undefined
  if (!('text' in message) && !document) return undefined
  return {
    messageId: message.message_id,
    personId: from.id,
    personName: personName(from),
    isPrivate,
    ...(!isPrivate && { title: titleOf(message) }),
    text: 'text' in message ? message.text : '',
    ...(document && { document: { fileId: document.file_id, bytes: document.file_size ?? 0 } }),
    place: {
      chatId: chat.id,
      threadId: message.is_topic_message ? (message.message_thread_id ?? null) : null,
      replyTo: isPrivate ? null : message.message_id,
    },
  }
}

const SECOND_HAND = ['forward_origin', 'forward_date', 'edit_date']
const NOBODY = ['sender_chat', 'via_bot']
const EXCLUDED = [...SECOND_HAND, ...NOBODY]

/** An @ is in front of usernames only, which are one person's at a time; a first name may be anything. */
export const personName = ({ id, username, first_name }: User): string =>
  username ? `@${username}` : first_name.replace(/^[@\s]+/, '').slice(0, 64) || String(id)

const titleOf = (message: Message): string => {
  const title = 'title' in message.chat ? message.chat.title : ''
  const opened = 'reply_to_message' in message ? message.reply_to_message : undefined
  const topic = message.is_topic_message && opened && 'forum_topic_created' in opened
  return topic ? `${title} › ${opened.forum_topic_created.name}` : title
}

/** undefined for a text that is not a command. */
export const typedCommand = (text: string): Typed | undefined => {
  const [, command, addressee, rest] = /^\/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+([\s\S]*))?$/i.exec(text) ?? []
  return command ? { command: command.toLowerCase(), addressee, rest: rest ?? '' } : undefined
}
