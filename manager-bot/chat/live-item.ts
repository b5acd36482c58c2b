import type { Engine } from '../../deploy-engine/index.ts'
import type { Live } from '../command.ts'
import { toHtml } from '../text/html.ts'
import { bold, line, pre, type RichText } from '../text/rich-text.ts'
import { keyboard, placeKeyboard } from './keyboard.ts'
import type { Delivery } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { forgetLive, keepLive } from './records/live.ts'
import type { Place } from './records/operation-message.ts'
import { remedy } from './remedy.ts'
import { editText, sendText } from './send.ts'
import type { Speaking } from './speaking.ts'

/** One live message. */
export type LiveItem = {
  live: Live
  place: Place
  personId: number
  messageId: number | null
  lines: readonly string[]
  stop: AbortController
  /** Why it is over. */
  end?: string
  /** It may not show the newest. */
  behind: boolean
  /** What it was last brought to; absent: nothing yet. */
  shown?: string
  /** In a row. */
  failures: number
}

export const LINES = 30
const LINE_CHARACTERS = 500

type Parts = { engine: Engine; speaking: Speaking; lanes: Lanes }

/** Shows the newest; `done`: there is nothing more to show. */
export const bringUp = async (parts: Parts, item: LiveItem): Promise<{ delivery: Delivery; done: boolean }> => {
  item.behind = false
  const isOver = item.end !== undefined
  const html = toHtml(textOf(item))
  if (item.shown === html) return { delivery: { sent: false, retryMs: 0 }, done: false }
  try {
    await show(parts, item, html)
    item.shown = html
    item.failures = 0
    return { delivery: { sent: true, retryMs: 0 }, done: isOver }
  } catch (error) {
    if (parts.speaking.signal.aborted) return { delivery: { sent: true, retryMs: 0 }, done: true }
    return afterFailure(parts, item, error)
  }
}

const textOf = ({ live, lines, end }: LiveItem): RichText => [
  line(bold(live.bot), ` — ${end ?? 'live, for 2 min at most'}`),
  lines.length > 0 ? pre(lines.map((text) => text.slice(0, LINE_CHARACTERS)).join('\n')) : line('Nothing printed yet.'),
]

const show = async ({ engine, speaking: { api } }: Parts, item: LiveItem, html: string): Promise<void> => {
  const { live, place, personId, messageId, end } = item
  const markup = await keyboard(engine, { chatId: place.chatId, messageId, personId }, end ? [] : [live.stop])
  const content = { html, silent: true, markup }
  const shownIn =
    messageId === null ? await sendText(api, place, content) : await editText(api, place, messageId, content)
  item.messageId = shownIn
  if (messageId !== null && (end !== undefined || shownIn !== messageId))
    await forgetLive(engine, { chatId: place.chatId, messageId })
  if (end !== undefined || (shownIn === messageId && item.shown !== undefined)) return
  await placeKeyboard(engine, markup, shownIn)
  await keepLive(engine, { chatId: place.chatId, messageId: shownIn, bot: live.bot })
}

const afterFailure = async (parts: Parts, item: LiveItem, error: unknown) => {
  const { place } = item
  item.failures += 1
  const retryMs = await remedy(parts.engine, parts, { place, error, failures: item.failures })
  if (retryMs === undefined) item.stop.abort()
  else item.behind = true
  // Its topic is gone; a chat that has moved was put right meanwhile.
  if (retryMs === 0 && item.place === place) item.place = { ...place, threadId: null, replyTo: null }
  return { delivery: { sent: true, retryMs: retryMs ?? 0 }, done: retryMs === undefined }
}
