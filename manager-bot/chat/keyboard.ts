import { randomBytes } from 'node:crypto'
import type { InlineKeyboardButton, InlineKeyboardMarkup } from 'telegraf/types'
import type { Engine } from '../../deploy-engine/index.ts'
import type { Offer, Offers } from '../command.ts'
import { ANSWER_MS } from '../confirmation.ts'
import { addButtons, type Button, buttonsAt, placeButtons, removeButtons } from './records/button.ts'

/** For whom, and in which chat; `messageId` null: the message is not sent yet. */
export type Audience = {
  chatId: number
  /** ANYBODY: whoever has the role that the button's command asks for. */
  personId: number
  messageId: number | null
  /** Absent: a day. */
  validMs?: number
}

const VALID_MS = 24 * 3600 * 1000
const NONCE_BYTES = 24

/**
 * Buttons for these offers. Those that the message has already are used again, and those that are no longer offered
 * are forgotten.
 */
export const keyboard = async (engine: Engine, audience: Audience, offers: Offers): Promise<InlineKeyboardMarkup> => {
  const { chatId, messageId } = audience
  const { database, clock } = engine
  const known = messageId === null ? [] : await buttonsAt(database.read, { chatId, messageId })
  const wanted = rowsOf(offers).flatMap((offered, row) => offered.map((one, position) => ({ ...one, row, position })))
  const buttons = wanted.map((one) => {
    const like = fresh(engine, audience, one)
    return known.find((button) => isSame(button, like)) ?? like
  })
  const added = buttons.filter((button) => !known.includes(button))
  const gone = known.filter((button) => !buttons.includes(button))
  if (added.length + gone.length > 0) {
    await database.transaction(async (entities) => {
      await removeButtons(entities, gone)
      await addButtons(entities, added, clock.now())
    })
  }
  return markupOf(buttons)
}

// What a phone shows of the buttons side by side in a row; the rest of a longer label is cut off.
const MOST_LETTERS = 34

/** Buttons that are too long for their row come one below the other. */
const rowsOf = (offers: Offers): Offer[][] =>
  offers.flatMap((offer) => {
    const row = [offer].flat()
    const fits = row.every(({ label }) => label.length * row.length <= MOST_LETTERS)
    return fits ? [row] : row.map((one) => [one])
  })

/** The buttons that the message is to have now. */
export const keyboardAt = async (engine: Engine, at: { chatId: number; messageId: number }) =>
  markupOf(await buttonsAt(engine.database.read, at))

/** Writes down which message the buttons got into. */
export const placeKeyboard = ({ database }: Engine, markup: InlineKeyboardMarkup, messageId: number): Promise<void> =>
  database.transaction((entities) => placeButtons(entities, noncesOf(markup), messageId))

export const noncesOf = (markup: InlineKeyboardMarkup | null): string[] =>
  (markup?.inline_keyboard ?? []).flat().flatMap((button) => ('callback_data' in button ? [button.callback_data] : []))

export const newNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url')

type Placed = Offer & { row: number; position: number }

const fresh = ({ clock }: Engine, { validMs = VALID_MS, ...audience }: Audience, offer: Placed): Button => ({
  ...audience,
  nonce: newNonce(),
  row: offer.row,
  position: offer.position,
  label: offer.label,
  command: offer.command,
  input: offer.input,
  style: offer.style ?? null,
  fate: offer.fate ?? null,
  reply: offer.reply ?? null,
  expiresAt: clock.now() + (offer.reply === undefined ? validMs : ANSWER_MS),
  usedBy: null,
})

const isSame = (one: Button, other: Button): boolean => identity(one) === identity(other)

const identity = ({ nonce: _, expiresAt: __, ...rest }: Button): string =>
  JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))

const markupOf = (buttons: readonly Button[]): InlineKeyboardMarkup => {
  const rows: InlineKeyboardButton[][] = []
  for (const button of buttons) {
    const row = rows[button.row] ?? []
    rows[button.row] = [...row, keyOf(button)]
  }
  return { inline_keyboard: rows.filter((row) => row !== undefined) }
}

// Telegraf's types do not know colours yet.
const keyOf = ({ label, nonce, style }: Button): InlineKeyboardButton => ({
  text: label,
  callback_data: nonce,
  ...(style !== null && { style }),
})
