import type { InlineKeyboardMarkup } from 'telegraf/types'
import { type Engine, redact } from '../../deploy-engine/index.ts'
import { overText, reminderText } from '../incident-text.ts'
import { toHtml } from '../text/html.ts'
import { type Act, sounds } from './alert-due.ts'
import type { AlertFrame } from './alert-frame.ts'
import { says } from './bot-api.ts'
import { keyboard, noncesOf } from './keyboard.ts'
import { ANYBODY, placeButtons, removeButtonsAt } from './records/button.ts'
import {
  type ChangedIncidentMessage,
  changeIncidentMessage,
  type IncidentMessage,
  removeIncidentMessage,
} from './records/incident-message.ts'
import { editText, sendText } from './send.ts'
import type { Speaking } from './speaking.ts'

type Parts = { engine: Engine; speaking: Speaking }

/** What has become of a message; 'removed': it is as if it had never been. */
export type Became = { change: ChangedIncidentMessage | 'removed'; markup?: InlineKeyboardMarkup }

/** Does one thing about a message; what is given is to be written down. Fails as the Bot API does. */
export const act = (parts: Parts, what: Act, told: Told): Promise<Became> => ACTS[what](parts, told)

type Told = {
  message: IncidentMessage
  frame: AlertFrame
  /** Of a message that is to be sent. */
  markup?: InlineKeyboardMarkup | undefined
}

const ACTS: Record<Act, (parts: Parts, told: Told) => Promise<Became>> = {
  send: async ({ engine, speaking }, { message, frame, markup }) => {
    const { html, face, view } = frame
    const silent = !sounds(message, frame)
    const messageId = await sendText(speaking.api, at(message), { html, silent, markup })
    const isOver = view.incident.state === 'ended'
    const overTold = message.overTold || isOver
    const toldAt = message.toldAt ?? engine.clock.now()
    return { change: { messageId, face, toldAt, overTold, state: isOver ? 'over' : 'open' }, ...(markup && { markup }) }
  },
  edit: async ({ engine, speaking }, { message, frame }) => {
    const { html, face, view } = frame
    const markup = await buttonsFor(engine, message, frame)
    const content = { html, silent: true, markup }
    const messageId = await editText(speaking.api, at(message), idOf(message), content)
    const isOver = view.incident.state === 'ended'
    return { change: { messageId, face, state: isOver && message.overTold ? 'over' : 'open' }, markup }
  },
  reply: async ({ speaking }, { message, frame }) => {
    await sendText(speaking.api, below(message), { html: redact(toHtml(overText(frame.view))), silent: true })
    return { change: { overTold: true, state: 'over' } }
  },
  remind: async ({ engine, speaking }, { message, frame }) => {
    const html = redact(toHtml(reminderText(frame.view, frame.calendar)))
    await sendText(speaking.api, below(message), { html, silent: false })
    return { change: { remindedAt: engine.clock.now() } }
  },
  withdraw: async ({ speaking }, { message }) => {
    if (message.messageId !== null) await takeBack(speaking, message)
    return { change: 'removed' }
  },
  // What was told nowhere is told in another place.
  forget: async (_, { message }) => ({ change: message.toldAt === null ? 'removed' : { state: 'gone' } }),
}

export const writeDown = ({ database }: Engine, message: IncidentMessage, { change, markup }: Became): Promise<void> =>
  database.transaction(async (entities) => {
    const { id, chatId, messageId } = message
    if (change === 'removed') {
      await removeIncidentMessage(entities, id)
      if (messageId !== null) await removeButtonsAt(entities, { chatId, messageId })
      return
    }
    await changeIncidentMessage(entities, id, change)
    const placed = change.messageId
    if (markup && placed !== undefined && placed !== null) await placeButtons(entities, noncesOf(markup), placed)
  })

/** What is open for weeks can be acted on for weeks. What is not offered any more is forgotten with the next edit. */
const VALID_MS = 30 * 24 * 3600 * 1000

export const buttonsFor = (
  engine: Engine,
  { chatId, messageId }: IncidentMessage,
  { offers }: AlertFrame,
): Promise<InlineKeyboardMarkup> =>
  keyboard(engine, { chatId, messageId, personId: ANYBODY, validMs: VALID_MS }, offers)

const takeBack = async ({ api }: Speaking, message: IncidentMessage): Promise<void> => {
  try {
    await api.call('deleteMessage', { chat_id: message.chatId, message_id: idOf(message) })
  } catch (error) {
    if (says(error, 'message to delete not found')) return
    // After two days Telegram lets nobody delete it.
    if (!says(error, "message can't be deleted")) throw error
    await editText(api, at(message), idOf(message), { html: ELSEWHERE, silent: true })
  }
}

const ELSEWHERE = 'This is part of a larger problem, which another message tells of.'

const at = ({ chatId, threadId }: IncidentMessage) => ({ chatId, threadId, replyTo: null })

const below = (message: IncidentMessage) => ({ ...at(message), replyTo: message.messageId })

const idOf = ({ id, messageId }: IncidentMessage): number => {
  if (messageId === null) throw new Error(`message ${id} of an incident was not sent yet`)
  return messageId
}
