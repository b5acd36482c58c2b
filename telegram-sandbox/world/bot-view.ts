import type { Bot, Message, Person, StoredChat, StoredFile } from './state.ts'
import { botById, personById, type World } from './world.ts'

// The Bot API's objects, as a bot sees them.

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

export const getMeJson = (bot: Bot) => ({
  ...botJson(bot),
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
})

export const chatJson = (world: World, chat: StoredChat) => {
  if (chat.type !== 'private') return { id: chat.id, title: chat.title, type: chat.type }
  const person = personById(world, chat.person)
  if (!person) throw new Error(`A private chat of nobody: ${chat.person}`)
  const { is_bot: _, language_code: __, ...names } = userJson(person)
  return { ...names, type: 'private' }
}

/** A Message object; the message it replies to is one level deep, as in Telegram. */
export const messageJson = (world: World, chat: StoredChat, message: Message): Record<string, unknown> => {
  const repliedTo = chat.messages.find(({ message_id }) => message_id === message.reply_to)
  return {
    message_id: message.message_id,
    from: authorJson(world, message.from),
    chat: chatJson(world, chat),
    date: message.date,
    ...(message.edit_date ? { edit_date: message.edit_date } : {}),
    ...(message.thread ? { message_thread_id: message.thread } : {}),
    ...(repliedTo ? { reply_to_message: messageJson(world, chat, withoutReply(repliedTo)) } : {}),
    ...contentJson(world, message),
    ...(message.buttons.length ? { reply_markup: { inline_keyboard: message.buttons } } : {}),
  }
}

export const fileJson = ({ file_id, size }: StoredFile) => ({
  file_id,
  file_unique_id: file_id.slice(-16),
  file_size: size,
})

/** Where getFile says that the file is: `documents/<file id>/<file name>`. */
export const filePath = ({ file_id, file_name }: StoredFile) => `documents/${file_id}/${encodeURIComponent(file_name)}`

const contentJson = (world: World, { text, entities, file }: Message) => {
  const stored = world.state.files.find(({ file_id }) => file_id === file)
  if (!file || !stored) return { text, ...(entities.length ? { entities } : {}) }
  const document = { file_name: stored.file_name, mime_type: stored.mime_type, ...fileJson(stored) }
  return { document, ...(text ? { caption: text } : {}), ...(entities.length ? { caption_entities: entities } : {}) }
}

const withoutReply = ({ reply_to: _, ...message }: Message): Message => message

const authorJson = (world: World, id: number) => {
  const person = personById(world, id)
  const bot = botById(world, id)
  if (person) return userJson(person)
  if (bot) return botJson(bot)
  throw new Error(`A message of nobody: ${id}`)
}
