import { postMessage } from '../../world/messages.ts'
import type { Message, StoredChat } from '../../world/state.ts'
import { tellBots } from '../../world/tell-bots.ts'
import { emit, type World } from '../../world/world.ts'
import { type Method, targetChat, targetMessage } from '../call.ts'
import { badRequest } from '../errors.ts'
import { flag, integer } from '../params.ts'

/** A pin is a message of its own, and the bot hears of it, too. */
export const pinChatMessage: Method = (call) => {
  const { world, bot, params } = call
  const { chat, message } = targetMessage(call, 'message to pin')
  if (message.service) throw badRequest("message can't be pinned")
  if (message.pinned) return { result: true }
  setPinned(world, chat, message, true)
  const silent = flag(params, 'disable_notification')
  const thread = message.thread ? { thread: message.thread } : {}
  const sender = chat.type === 'channel' ? { sender_chat: chat.id } : {}
  const service = { pinned_message: message.message_id }
  tellBots(world, chat, postMessage(world, chat, { from: bot.id, service, silent, ...thread, ...sender }))
  return { result: true }
}

/** Without message_id the newest pinned message. */
export const unpinChatMessage: Method = (call) => {
  const { chat, message } =
    integer(call.params, 'message_id') > 0 ? targetMessage(call, 'message to unpin') : newestPinned(targetChat(call))
  if (message.pinned) setPinned(call.world, chat, message, false)
  return { result: true }
}

const newestPinned = (chat: StoredChat): { chat: StoredChat; message: Message } => {
  const message = chat.messages.findLast(({ pinned, deleted }) => pinned && !deleted)
  if (!message) throw badRequest('message to unpin not found')
  return { chat, message }
}

const setPinned = (world: World, chat: StoredChat, message: Message, pinned: boolean) => {
  if (pinned) message.pinned = true
  else delete message.pinned
  emit(world, { type: 'edit', chat, message: message.message_id })
}
