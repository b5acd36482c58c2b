import type { Message } from 'telegraf/types'
import type { Place } from './records/operation-message.ts'

/** A message as this door understands it. */
export type Incoming = {
  messageId: number
  personId: number
  /** For people to recognise the account; it proves nothing. */
  personName: string
  isPrivate: boolean
  text: string
  place: Place
}

export type Typed = {
  command: string
  /** Username after the @, if any. */
  addressee: string | undefined
  rest: string
}

const ANONYMOUS_ADMIN = 1087968824

/**
 * undefined for what nobody in particular said just now: messages forwarded, edited, sent through another bot, by a
 * channel or by an anonymous admin, and those without text.
 */
export const incoming = (message: Message): Incoming | undefined => {
  const { from, chat } = message
  if (!from || from.is_bot || from.id === ANONYMOUS_ADMIN) return undefined
  if (!('text' in message) || EXCLUDED.some((field) => field in message)) return undefined
  const isPrivate = chat.type === 'private'
  return {
    messageId: message.message_id,
    personId: from.id,
    personName: from.username ? `@${from.username}` : from.first_name,
    isPrivate,
    text: message.text,
    place: {
      chatId: chat.id,
      threadId: message.is_topic_message ? (message.message_thread_id ?? null) : null,
      replyTo: isPrivate ? null : message.message_id,
    },
  }
}

const EXCLUDED = ['forward_origin', 'forward_date', 'edit_date', 'sender_chat', 'via_bot']

/** undefined for a text that is not a command. */
export const typedCommand = (text: string): Typed | undefined => {
  const [, command, addressee, rest] = /^\/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+([\s\S]*))?$/i.exec(text) ?? []
  return command ? { command: command.toLowerCase(), addressee, rest: rest ?? '' } : undefined
}
