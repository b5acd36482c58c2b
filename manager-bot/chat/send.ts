import type { InlineKeyboardMarkup } from 'telegraf/types'
import type { Document } from '../command.ts'
import { printable } from '../text/rich-text.ts'
import { type BotApi, says } from './bot-api.ts'
import type { Place } from './records/operation-message.ts'

/** What Telegram is to show. */
export type Content = {
  html: string
  silent: boolean
  markup?: InlineKeyboardMarkup | null | undefined
}

const PLAIN = { parse_mode: 'HTML' as const, link_preview_options: { is_disabled: true } }
const UPLOAD_MS = 120_000

/** Gives the id of the new message. Fails as the Bot API does. */
export const sendText = async (api: BotApi, place: Place, { html, silent, markup }: Content): Promise<number> => {
  const sent = await api.call('sendMessage', {
    ...destination(place),
    ...PLAIN,
    text: html,
    disable_notification: silent,
    ...keysOf(markup),
  })
  return sent.message_id
}

/** Replaces a message's text and buttons, or sends a new one where that message is gone. Gives the message's id. */
export const editText = async (api: BotApi, place: Place, messageId: number, content: Content): Promise<number> => {
  const { html, markup } = content
  const payload = { chat_id: place.chatId, message_id: messageId, text: html, ...PLAIN }
  try {
    await api.call('editMessageText', { ...payload, ...keysOf(markup) })
    return messageId
  } catch (error) {
    if (says(error, 'message is not modified')) return messageId
    if (!says(error, 'message to edit not found') && !says(error, "message can't be edited")) throw error
    return sendText(api, place, content)
  }
}

/** Of a message that is there still. Fails as the Bot API does. */
export const editButtons = async (
  api: BotApi,
  { chatId, messageId }: { chatId: number; messageId: number },
  markup: InlineKeyboardMarkup,
): Promise<void> => {
  try {
    await api.call('editMessageReplyMarkup', { chat_id: chatId, message_id: messageId, reply_markup: markup } as never)
  } catch (error) {
    if (!UNCHANGEABLE.some((reason) => says(error, reason))) throw error
  }
}

const UNCHANGEABLE = ['message is not modified', 'message to edit not found', "message can't be edited"]

/** Gives the id of the new message. `html` is its caption. */
export const sendDocument = async (
  api: BotApi,
  place: Place,
  { html, silent, markup, document }: Content & { document: Document },
): Promise<number> => {
  const { reply_parameters, ...rest } = destination(place)
  const payload = {
    ...rest,
    document: fileOf(document),
    caption: html,
    parse_mode: 'HTML' as const,
    disable_notification: silent,
    ...keysOf(markup),
    // In a multipart body telegraf drops this one silently unless it is text already.
    ...(reply_parameters && { reply_parameters: JSON.stringify(reply_parameters) as never }),
  }
  return (await api.call('sendDocument', payload, { timeoutMs: UPLOAD_MS })).message_id
}

const fileOf = (document: Document) =>
  'file' in document
    ? { source: document.file, filename: document.name }
    : { source: Buffer.from(printable(document.content)), filename: document.name }

// Without them an edit takes away those that are there.
const keysOf = (markup: Content['markup']) =>
  markup && markup.inline_keyboard.length > 0 ? { reply_markup: markup } : {}

const destination = ({ chatId, threadId, replyTo }: Place) => ({
  chat_id: chatId,
  ...(threadId !== null && { message_thread_id: threadId }),
  ...(replyTo !== null && { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
})
