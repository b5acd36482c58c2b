import { messageJson } from './bot-view.ts'
import { botsIn, messageIn } from './chats.ts'
import { isAdmin } from './members.ts'
import type { Bot, Message, StoredChat } from './state.ts'
import { pushUpdate } from './updates.ts'
import type { World } from './world.ts'

/** Every bot that hears of this message in Telegram gets an update; of an edited one, another kind of it. */
export const tellBots = (world: World, chat: StoredChat, message: Message, { edited = false } = {}): void => {
  const type = `${edited ? 'edited_' : ''}${chat.type === 'channel' ? 'channel_post' : 'message'}`
  const body = messageJson(world, chat, message)
  const date = message.edit_date ?? message.date
  for (const bot of botsIn(world, chat)) {
    if (hears(world, bot, chat, message)) pushUpdate(world, bot, { type, body, date })
  }
}

// A bot with privacy mode on (the default) hears commands, mentions of itself and replies to itself in a group; as an
// administrator it hears everything. What happens to the group (a service message) is told to every bot.
const hears = (world: World, bot: Bot, chat: StoredChat, message: Message) => {
  if (chat.type === 'private' || chat.type === 'channel' || message.service) return true
  if (isAdmin(world, chat, bot.id)) return true
  const repliedTo = message.reply_to === undefined ? undefined : messageIn(chat, message.reply_to)
  if (repliedTo?.from === bot.id) return true
  return message.entities.some(({ type, offset, length }) => {
    const [name, addressee] = message.text.slice(offset, offset + length).split('@')
    if (type !== 'mention' && type !== 'bot_command') return false
    return addressee === undefined ? Boolean(name) : addressee.toLowerCase() === bot.username.toLowerCase()
  })
}
