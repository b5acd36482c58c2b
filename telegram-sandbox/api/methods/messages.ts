import { messageJson } from '../../world/bot-view.ts'
import { messageIn } from '../../world/chats.ts'
import { deleteMessage, editMessage, postMessage } from '../../world/messages.ts'
import type { Message, StoredChat } from '../../world/state.ts'
import { inlineButtons } from '../buttons.ts'
import { type Call, type Method, targetChat, targetMessage } from '../call.ts'
import { messageText } from '../content.ts'
import { badRequest } from '../errors.ts'
import { flag, integer, json } from '../params.ts'

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

/** A bot may delete its own messages, and in a private chat also the person's. */
export const deleteMessageMethod: Method = (call) => {
  const { chat, message } = targetMessage(call, 'message to delete')
  if (chat.type !== 'private' && message.from !== call.bot.id) throw badRequest("message can't be deleted")
  deleteMessage(call.world, chat, message)
  return { result: true }
}

/** What every send method takes besides its content. */
export const sendOptions = ({ params }: Call, chat: StoredChat) => {
  const thread = integer(params, 'message_thread_id')
  const replyTo = repliedMessage(params, chat)
  return {
    silent: flag(params, 'disable_notification'),
    ...(thread > 0 ? { thread } : {}),
    ...(replyTo ? { replyTo } : {}),
  }
}

const repliedMessage = (params: Call['params'], chat: StoredChat): number | undefined => {
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
  if (messageIn(chat, message_id)) return message_id
  if (allow_sending_without_reply) return undefined
  throw badRequest('message to be replied not found')
}

const ownMessage = (call: Call) => {
  const target = targetMessage(call, 'message to edit')
  if (target.message.from !== call.bot.id) throw badRequest("message can't be edited")
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
