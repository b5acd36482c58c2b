import { groupById, messageIn, privateChatOf } from '../world/chats.ts'
import type { Bot, Message, StoredChat } from '../world/state.ts'
import { personById, type World } from '../world/world.ts'
import { type Access, checkAccess } from './access.ts'
import { ApiError, badRequest } from './errors.ts'
import { integer, type Params } from './params.ts'
import type { Polls } from './polls.ts'

/** One call of a Bot API method by a bot. `gone` tells that the client has hung up. */
export type Call = { world: World; polls: Polls; bot: Bot; params: Params; gone: AbortSignal }
export type Reply = { result: unknown; description?: string }
export type Method = (call: Call) => Reply | Promise<Reply>

/** The chat named by chat_id, if the bot may do that there. */
export const targetChat = ({ world, bot, params }: Call, access: Access = 'write'): StoredChat => {
  const written = params.values.chat_id
  if (!written) throw badRequest('chat_id is empty')
  const id = Number(written)
  const chat = groupById(world, id) ?? privateChatOf(world, bot.id, id)
  if (chat) {
    checkAccess(bot, chat, access)
    return chat
  }
  if (personById(world, id)) throw new ApiError(403, "Forbidden: bot can't initiate conversation with a user")
  throw badRequest('chat not found')
}

/** The message named by message_id. `what` is how Telegram calls it in its error: "message to edit". */
export const targetMessage = (
  call: Call,
  what: string,
  access: Access = 'write',
): { chat: StoredChat; message: Message } => {
  const chat = targetChat(call, access)
  const message = messageIn(chat, integer(call.params, 'message_id'))
  if (!message) throw badRequest(`${what} not found`)
  return { chat, message }
}
