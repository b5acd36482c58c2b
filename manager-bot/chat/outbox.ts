import { access } from 'node:fs/promises'
import type { InlineKeyboardMarkup } from 'telegraf/types'
import type { EntityManager } from 'typeorm'
import { type Engine, redact } from '../../deploy-engine/index.ts'
import type { Document } from '../command.ts'
import { toHtml } from '../text/html.ts'
import type { RichText } from '../text/rich-text.ts'
import { PRIORITIES, type Priority } from './budget.ts'
import { keyboardAt, noncesOf } from './keyboard.ts'
import type { Delivery, Job } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { messageWith, placeButtons } from './records/button.ts'
import type { Place } from './records/operation-message.ts'
import { addToOutbox, chatsWithPost, nextInOutbox, type Posted, removeFromOutbox } from './records/outbox.ts'
import { remedy } from './remedy.ts'
import { editButtons, editText, sendDocument, sendText } from './send.ts'
import type { Speaking } from './speaking.ts'

/** Everything that is said goes through a table, so that neither an outage nor a restart loses or reorders it. */
export type Outbox = {
  /** Writes it down in the caller's transaction. `wake` after its end brings it on its way. */
  post(entities: EntityManager, message: Outgoing): Promise<void>
  wake(chatId: number): void
  /** Brings on its way what an earlier process left. */
  resume(): Promise<void>
}

export type Outgoing = {
  place: Place
  /** Empty, with `edit`: only the buttons of that message are brought up to date. */
  text: RichText
  priority: Priority
  silent: boolean
  markup?: InlineKeyboardMarkup
  document?: Document
  /** The message whose text it replaces. */
  edit?: number
  /** The same by a button of that message, which may be on its way still. */
  editWith?: string
  /** Of two with one key that wait, only the first is taken. */
  key?: string
}

const CAPTION_LIMIT = 1024

export const openOutbox = (engine: Engine, speaking: Speaking, lanes: Lanes): Outbox => {
  const parts: Parts = { engine, speaking, lanes, failures: new Map(), taken: new Map() }
  lanes.feed({
    next: async (chatId) => {
      const posted = await nextInOutbox(engine.database.read, chatId)
      return posted && jobOf(parts, posted)
    },
  })
  return {
    post: (entities, message) => addToOutbox(entities, rowOf(message, engine.clock.now())),
    wake: (chatId) => lanes.wake(chatId),
    resume: async () => {
      for (const chatId of await chatsWithPost(engine.database.read)) lanes.wake(chatId)
    },
  }
}

const rowOf = ({ place, text, document, ...message }: Outgoing, now: number): Omit<Posted, 'id'> => ({
  chatId: place.chatId,
  threadId: place.threadId,
  replyTo: place.replyTo,
  priority: PRIORITIES.indexOf(message.priority),
  silent: message.silent,
  html: redact(document ? toHtml(text, CAPTION_LIMIT) : toHtml(text)),
  markup: message.markup ?? null,
  document: document ? redacted(document) : null,
  editOf: message.edit ?? null,
  editWith: message.editWith ?? null,
  key: message.key ?? null,
  createdAt: now,
})

const redacted = (document: Document): Document =>
  'file' in document ? document : { name: document.name, content: redact(document.content) }

type Parts = {
  engine: Engine
  speaking: Speaking
  lanes: Lanes
  /** In a row, by row. */
  failures: Map<number, number>
  /** Messages that Telegram has taken, by row: on a full disk that can't be written down, and they go out once. */
  taken: Map<number, number>
}

const jobOf = (parts: Parts, posted: Posted): Job => ({
  priority: PRIORITIES[posted.priority] ?? 'result',
  deliver: () => deliver(parts, posted),
})

const deliver = async (parts: Parts, posted: Posted): Promise<Delivery> => {
  const { taken } = parts
  if (!taken.has(posted.id)) {
    const retryMs = await bring(parts, posted)
    if (retryMs !== undefined) return { sent: true, retryMs }
  }
  await strike(parts, posted)
  return { sent: true, retryMs: 0 }
}

/** Gives the ms after which to try again, undefined when there is nothing left to try. */
const bring = async (parts: Parts, posted: Posted): Promise<number | undefined> => {
  const { engine, speaking, lanes, failures, taken } = parts
  try {
    taken.set(posted.id, await send(parts, posted))
    return undefined
  } catch (error) {
    if (speaking.signal.aborted) return 0
    const count = (failures.get(posted.id) ?? 0) + 1
    failures.set(posted.id, count)
    return remedy(engine, { speaking, lanes }, { place: posted, error, failures: count })
  }
}

const isGone = (document: Document): Promise<boolean> =>
  'file' in document
    ? access(document.file).then(
        () => false,
        () => true,
      )
    : Promise.resolve(false)

const strike = async ({ engine, failures, taken }: Parts, posted: Posted): Promise<void> => {
  const { id } = posted
  const messageId = taken.get(id)
  await engine.database.transaction(async (entities) => {
    await removeFromOutbox(entities, id)
    if (messageId !== undefined) await placeButtons(entities, noncesOf(posted.markup), messageId)
  })
  failures.delete(id)
  taken.delete(id)
}

const send = async ({ engine, speaking: { api } }: Parts, posted: Posted): Promise<number> => {
  const { document, chatId, html } = posted
  if (document && !(await isGone(document))) return sendDocument(api, posted, { ...posted, document })
  if (document) return sendText(api, posted, { ...posted, html: 'The file is gone by now.' })
  const editOf = posted.editOf ?? (await messageWith(engine.database.read, posted.editWith))
  if (editOf === null) return sendText(api, posted, posted)
  if (html !== '') return editText(api, posted, editOf, posted)
  // As they are now: since it was written down they may have changed again.
  await editButtons(api, { chatId, messageId: editOf }, await keyboardAt(engine, { chatId, messageId: editOf }))
  return editOf
}
