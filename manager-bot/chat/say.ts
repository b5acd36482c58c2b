import { type Clock, type Log, messageOf } from '../../deploy-engine/index.ts'
import type { Reply } from '../command.ts'
import { toHtml } from '../text/html.ts'
import { printable, type RichText } from '../text/rich-text.ts'
import { backoff } from './backoff.ts'
import { type BotApi, isPassing, retryAfterMs } from './bot-api.ts'
import type { Keyboard } from './keyboard.ts'
import type { Place } from './records/operation-message.ts'

export type Speaking = { api: BotApi; clock: Clock; random: () => number; log: Log; signal: AbortSignal }

type Loudness = { silent: boolean }

const CAPTION_LIMIT = 1024
const TRIES = 6

/** Sends what a command answered. Failures end in the log: nobody is there to be told. */
export const say = async (
  speaking: Speaking,
  place: Place,
  { text, document, keyboard }: Pick<Reply, 'text' | 'document'> & { keyboard?: Keyboard },
): Promise<void> => {
  if (text.length === 0 && !document) return
  try {
    await persistently(speaking, () =>
      document
        ? sendDocument(speaking, place, { text, document, silent: true })
        : sendText(speaking, place, { text, silent: true, ...(keyboard && { keyboard }) }),
    )
  } catch (error) {
    if (speaking.signal.aborted) return
    speaking.log.error({ chat: place.chatId, reason: messageOf(error) }, 'a reply could not be delivered')
  }
}

/** Gives the id of the new message. */
export const sendText = async (
  { api }: Speaking,
  place: Place,
  { text, silent, keyboard }: Loudness & { text: RichText; keyboard?: Keyboard },
): Promise<number> => {
  const message = { text: toHtml(text), parse_mode: 'HTML' as const, link_preview_options: { is_disabled: true } }
  const sent = await api.call('sendMessage', {
    ...destination(place),
    ...message,
    disable_notification: silent,
    ...(keyboard && { reply_markup: keyboard.markup }),
  })
  await keyboard?.placed(sent.message_id)
  return sent.message_id
}

export const sendDocument = async (
  { api }: Speaking,
  place: Place,
  { text, document, silent }: Loudness & { text: RichText; document: { name: string; content: string } },
): Promise<void> => {
  const { reply_parameters, ...rest } = destination(place)
  const payload = {
    ...rest,
    document: { source: Buffer.from(printable(document.content)), filename: document.name },
    caption: toHtml(text, CAPTION_LIMIT),
    parse_mode: 'HTML' as const,
    disable_notification: silent,
    // In a multipart body telegraf drops this one silently unless it is text already.
    ...(reply_parameters && { reply_parameters: JSON.stringify(reply_parameters) as never }),
  }
  await api.call('sendDocument', payload, { timeoutMs: 120_000 })
}

const destination = ({ chatId, threadId, replyTo }: Place) => ({
  chat_id: chatId,
  ...(threadId !== null && { message_thread_id: threadId }),
  ...(replyTo !== null && { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
})

const persistently = async ({ clock, random, signal }: Speaking, send: () => Promise<unknown>): Promise<void> => {
  for (let failures = 1; ; failures++) {
    try {
      await send()
      return
    } catch (error) {
      if (!isPassing(error) || failures === TRIES) throw error
      await clock.sleep(retryAfterMs(error) ?? backoff(failures, random), signal)
    }
  }
}
