import { isDeepStrictEqual } from 'node:util'
import type { FormattedText } from '../text/entities.ts'
import { nextMessageId } from './chats.ts'
import type { Button, Forward, Message, ServiceMessage, StoredChat } from './state.ts'
import { emit, seconds, type World } from './world.ts'

export type Draft = {
  from: number
  /** Left out for a service message. */
  content?: FormattedText
  buttons?: Button[][]
  silent?: boolean
  replyTo?: number
  thread?: number
  file?: string
  sender_chat?: number
  forward?: Forward
  service?: ServiceMessage
}

// A chat of a long-lived demo keeps its end; the state file is rewritten as a whole.
const KEPT_MESSAGES = 5_000

export const postMessage = (world: World, chat: StoredChat, { replyTo, content, ...draft }: Draft): Message => {
  const { text, entities } = content ?? { text: '', entities: [] }
  const message: Message = {
    message_id: nextMessageId(world, chat),
    date: seconds(world),
    text,
    entities,
    history: [{ text, at: world.now() }],
    deleted: false,
    buttons: [],
    silent: false,
    ...draft,
    ...(replyTo ? { reply_to: replyTo } : {}),
  }
  chat.messages.push(message)
  forgetOldest(world, chat)
  emit(world, { type: 'message', chat, message: message.message_id })
  return message
}

/** False, and nothing changed, when the message has this content and these buttons already. */
export const editMessage = (
  world: World,
  { chat, message }: { chat: StoredChat; message: Message },
  { content, buttons }: { content: FormattedText; buttons: Button[][] },
): boolean => {
  const current = { text: message.text, entities: message.entities, buttons: message.buttons }
  if (isDeepStrictEqual(current, { ...content, buttons })) return false
  if (message.text !== content.text) message.history.push({ text: content.text, at: world.now() })
  Object.assign(message, content, { buttons, edit_date: seconds(world) })
  emit(world, { type: 'edit', chat, message: message.message_id })
  return true
}

export const deleteMessage = (world: World, chat: StoredChat, message: Message) => {
  message.deleted = true
  emit(world, { type: 'delete', chat, message: message.message_id })
}

const forgetOldest = (world: World, chat: StoredChat) => {
  if (chat.messages.length <= KEPT_MESSAGES) return
  const gone = chat.messages.splice(0, chat.messages.length - KEPT_MESSAGES).flatMap(({ file }) => file ?? [])
  if (gone.length) world.state.files = world.state.files.filter(({ file_id }) => !gone.includes(file_id))
}
