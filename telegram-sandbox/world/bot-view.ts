import { groupById, messageIn } from './chats.ts'
import type { Bot, Group, Message, Person, ServiceMessage, StoredChat, StoredFile } from './state.ts'
import { botById, personById, type World } from './world.ts'

// The Bot API's objects, as a bot sees them.

/** Whom Telegram names as the author of what is written in the name of a chat. */
const GROUP_ANONYMOUS_BOT = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' }
const CHANNEL_BOT = { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' }
const TELEGRAM = { id: 777_000, is_bot: false, first_name: 'Telegram' }

export const userJson = ({ id, name, username }: Person) => {
  const [first, ...last] = name.split(' ')
  return {
    id,
    is_bot: false,
    first_name: first || name,
    ...(last.length ? { last_name: last.join(' ') } : {}),
    ...(username ? { username } : {}),
    language_code: 'en',
  }
}

const botJson = ({ id, name, username }: Bot) => ({ id, is_bot: true, first_name: name, username })

/** A person or a bot. */
export const accountJson = (world: World, id: number) => {
  const person = personById(world, id)
  const bot = botById(world, id)
  if (person) return userJson(person)
  if (bot) return botJson(bot)
  throw new Error(`A message of nobody: ${id}`)
}

export const getMeJson = (bot: Bot) => ({
  ...botJson(bot),
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
})

export const chatJson = (world: World, chat: StoredChat) => {
  if (chat.type !== 'private') return groupJson(chat)
  const person = personById(world, chat.person)
  if (!person) throw new Error(`A private chat of nobody: ${chat.person}`)
  const { is_bot: _, language_code: __, ...names } = userJson(person)
  return { ...names, type: 'private' }
}

const groupJson = ({ id, title, type, topics }: Group) => ({
  id,
  title,
  ...(topics ? { is_forum: true } : {}),
  type,
  ...(type === 'group' ? { all_members_are_administrators: false } : {}),
})

/** A Message object; the message it replies to is one level deep, as in Telegram. */
export const messageJson = (world: World, chat: StoredChat, message: Message): Record<string, unknown> => {
  const repliedTo = message.reply_to === undefined ? undefined : messageIn(chat, message.reply_to)
  return {
    message_id: message.message_id,
    ...authorJson(world, chat, message),
    chat: chatJson(world, chat),
    date: message.date,
    ...(message.edit_date ? { edit_date: message.edit_date } : {}),
    ...(message.thread ? { message_thread_id: message.thread } : {}),
    ...forwardJson(world, message),
    ...(repliedTo ? { reply_to_message: messageJson(world, chat, withoutReply(repliedTo)) } : {}),
    ...(message.service ? serviceJson(world, chat, message.service) : contentJson(world, message)),
    ...(message.buttons.length ? { reply_markup: { inline_keyboard: message.buttons } } : {}),
    ...(message.thread ? { is_topic_message: true } : {}),
  }
}

export const fileJson = ({ file_id, size }: StoredFile) => ({
  file_id,
  file_unique_id: file_id.slice(-16),
  file_size: size,
})

/** Where getFile says that the file is: `documents/<file id>/<file name>`. */
export const filePath = ({ file_id, file_name }: StoredFile) => `documents/${file_id}/${encodeURIComponent(file_name)}`

// Posts of a channel have no user at all.
const authorJson = (world: World, chat: StoredChat, { from, sender_chat, forward }: Message) => {
  if (chat.type === 'channel') return { sender_chat: groupJson(chat) }
  const sender = sender_chat === undefined ? undefined : groupById(world, sender_chat)
  if (!sender) return { from: accountJson(world, from) }
  const stranger = forward?.automatic ? TELEGRAM : CHANNEL_BOT
  const own = chat.type !== 'private' && sender.id === chat.id
  return { from: own ? GROUP_ANONYMOUS_BOT : stranger, sender_chat: groupJson(sender) }
}

// The older fields stand beside forward_origin, as the real server still sends them.
const forwardJson = (world: World, { forward }: Message) => {
  if (!forward) return {}
  const { origin, date } = forward
  const automatic = forward.automatic ? { is_automatic_forward: true } : {}
  const rest = { ...automatic, forward_date: date }
  if (origin.type === 'hidden_user') {
    const forward_origin = { type: origin.type, sender_user_name: origin.name, date }
    return { forward_origin, ...rest, forward_sender_name: origin.name }
  }
  if (origin.type === 'user') {
    const user = accountJson(world, origin.user)
    return { forward_origin: { type: origin.type, sender_user: user, date }, ...rest, forward_from: user }
  }
  const channel = groupById(world, origin.chat)
  const chat = channel && groupJson(channel)
  const { message_id } = origin
  const forward_origin = { type: origin.type, chat, message_id, date }
  return { forward_origin, ...rest, forward_from_chat: chat, forward_from_message_id: message_id }
}

const serviceJson = (world: World, chat: StoredChat, service: ServiceMessage) => {
  if ('pinned_message' in service) {
    const pinned = messageIn(chat, service.pinned_message)
    const inaccessible = { chat: chatJson(world, chat), message_id: service.pinned_message, date: 0 }
    return { pinned_message: pinned ? messageJson(world, chat, withoutReply(pinned)) : inaccessible }
  }
  if ('new_chat_members' in service) {
    return { new_chat_members: service.new_chat_members.map((id) => accountJson(world, id)) }
  }
  if ('left_chat_member' in service) return { left_chat_member: accountJson(world, service.left_chat_member) }
  return service
}

const contentJson = (world: World, { text, entities, file }: Message) => {
  const stored = world.state.files.find(({ file_id }) => file_id === file)
  if (!file || !stored) return { text, ...(entities.length ? { entities } : {}) }
  const document = { file_name: stored.file_name, mime_type: stored.mime_type, ...fileJson(stored) }
  return { document, ...(text ? { caption: text } : {}), ...(entities.length ? { caption_entities: entities } : {}) }
}

const withoutReply = ({ reply_to: _, ...message }: Message): Message => message
