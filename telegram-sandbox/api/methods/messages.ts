import { messageJson } from '../../world/bot-view.ts'
import { messageIn, topicIn } from '../../world/chats.ts'
import { isAdmin } from '../../world/members.ts'
import { deleteMessage, editMessage, postMessage } from '../../world/messages.ts'
import type { Message, StoredChat } from '../../world/state.ts'
import { inlineButtons } from '../buttons.ts'
import { type Call, type Method, targetChat, targetMessage } from '../call.ts'
import { messageText } from '../content.ts'
import { badRequest } from '../errors.ts'
import { flag, integer, json, type Params } from '../params.ts'

const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content ' +
  'and reply markup of the message'

export const sendMessage: Method = (call) => {
  const content = messageText(call.params, 'message is too long')
  const buttons = inlineButtons(call.params)
  const chat = targetChat(call)
  const message = postMessage(call.world, chat, { from: call.bot.id, content, buttons, ...sendOptions(call, chat) })
  return { result: messageJson(call.world, chat, message) }
}

/** A markup that is not given is taken away, as in Telegram. */
export const editMessageText: Method = (call) => {
  const content = messageText(call.params, 'MESSAGE_TOO_LONG')
  const buttons = inlineButtons(call.params)
  const target = ownMessage(call)
  if (target.message.file) throw badRequest('there is no text in the message to edit')
  return edited(call, target, { content, buttons })
}

export const editMessageReplyMarkup: Method = (call) => {
  const buttons = inlineButtons(call.params)
  const target = ownMessage(call)
  const { text, entities } = target.message
  return edited(call, target, { content: { text, entities }, buttons })
}

/** A bot may delete its own messages, and in a private chat or as an admin also the people's. */
export const deleteMessageMethod: Method = (call) => {
  const { chat, message } = targetMessage(call, 'message to delete')
  const mayDelete = chat.type === 'private' || message.from === call.bot.id || isAdmin(call.world, chat, call.bot.id)
  if (!mayDelete) throw badRequest("message can't be deleted")
  deleteMessage(call.world, chat, message)
  return { result: true }
}

/** What every send method takes besides its content. */
export const sendOptions = ({ params }: Call, chat: StoredChat) => {
  const topic = topicAsked(params, chat)
  const repliedTo = repliedMessage(params, chat)
  // What answers a message in a topic goes there.
  const thread = topic ?? repliedTo?.thread
  return {
    silent: flag(params, 'disable_notification'),
    ...(thread ? { thread } : {}),
    ...(repliedTo ? { replyTo: repliedTo.message_id } : {}),
    ...(chat.type === 'channel' ? { sender_chat: chat.id } : {}),
  }
}

// Only a forum has topics: in another group the parameter is ignored, in a private chat there is no such topic. General
// goes by no number, not even by its own, 1.
const topicAsked = (params: Params, chat: StoredChat): number | undefined => {
  const asked = integer(params, 'message_thread_id')
  if (asked <= 0 || (chat.type !== 'private' && !chat.topics)) return undefined
  if (!topicIn(chat, asked)) throw badRequest('message thread not found')
  return asked
}

const repliedMessage = (params: Params, chat: StoredChat): Message | undefined => {
  const given = json(params, 'reply_parameters', 'reply parameters')
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw badRequest('object expected as reply parameters')
  }
  const legacy = {
    message_id: integer(params, 'reply_to_message_id'),
    allow_sending_without_reply: flag(params, 'allow_sending_without_reply'),
  }
  const { message_id, allow_sending_without_reply }: Partial<typeof legacy> = given ?? legacy
  if (!message_id) return undefined
  const message = messageIn(chat, message_id)
  if (message) return message
  if (allow_sending_without_reply) return undefined
  throw badRequest('message to be replied not found')
}

const ownMessage = (call: Call) => {
  const target = targetMessage(call, 'message to edit', 'edit')
  const { chat, message } = target
  const closed = chat.type !== 'private' && chat.migratedTo !== undefined
  if (closed || message.service || message.from !== call.bot.id) throw badRequest("message can't be edited")
  return target
}

const edited = (
  { world }: Call,
  target: { chat: StoredChat; message: Message },
  version: Parameters<typeof editMessage>[2],
) => {
  if (!editMessage(world, target, version)) throw badRequest(NOT_MODIFIED)
  return { result: messageJson(world, target.chat, target.message) }
}
