import { getMeJson } from '../world/bot-view.ts'
import { answerQuery } from '../world/queries.ts'
import { emit } from '../world/world.ts'
import { type Method, targetChat } from './call.ts'
import { badRequest } from './errors.ts'
import { getChat, getChatAdministrators, getChatMember, leaveChat } from './methods/chats.ts'
import { deleteMyCommands, getMyCommands, setMyCommands } from './methods/commands.ts'
import { getFile, sendDocument } from './methods/files.ts'
import { deleteMessageMethod, editMessageReplyMarkup, editMessageText, sendMessage } from './methods/messages.ts'
import { pinChatMessage, unpinChatMessage } from './methods/pins.ts'
import { setMessageReaction } from './methods/reactions.ts'
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from './methods/receiving.ts'
import { createForumTopic } from './methods/topics.ts'
import { flag } from './params.ts'

const ACTIONS =
  /^(typing|(upload|record)_(photo|video|voice|audio|video_note)|upload_document|choose_sticker|find_location|cancel)$/

const getMe: Method = ({ bot }) => ({ result: getMeJson(bot) })

const sendChatAction: Method = (call) => {
  const action = call.params.values.action ?? ''
  if (!ACTIONS.test(action)) throw badRequest('wrong parameter action in request')
  emit(call.world, { type: 'action', chat: targetChat(call), bot: call.bot.id, action })
  return { result: true }
}

const answerCallbackQuery: Method = ({ world, bot, params }) => {
  const { callback_query_id: id = '', text = '' } = params.values
  if (text.length > 200) throw badRequest('MESSAGE_TOO_LONG')
  if (!answerQuery(world, bot, { id, text, show_alert: flag(params, 'show_alert') })) {
    throw badRequest('query is too old and response timeout expired or query ID is invalid')
  }
  return { result: true }
}

/** Method names are case-insensitive, so the table has them in lower case. */
export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    getMe,
    getChat,
    getChatMember,
    getChatAdministrators,
    leaveChat,
    getUpdates,
    getWebhookInfo,
    setWebhook,
    deleteWebhook,
    sendMessage,
    sendDocument,
    sendChatAction,
    editMessageText,
    editMessageReplyMarkup,
    deleteMessage: deleteMessageMethod,
    pinChatMessage,
    unpinChatMessage,
    setMessageReaction,
    createForumTopic,
    answerCallbackQuery,
    getFile,
    setMyCommands,
    getMyCommands,
    deleteMyCommands,
  }).map(([name, method]) => [name.toLowerCase(), method]),
)
