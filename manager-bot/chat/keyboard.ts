import { randomBytes } from 'node:crypto'
import type { InlineKeyboardMarkup } from 'telegraf/types'
import type { Engine } from '../../deploy-engine/index.ts'
import type { Offer } from '../command.ts'
import { addButtons, type Button, buttonsAt, placeButtons } from './records/button.ts'

/** For whom, and in which chat; `messageId` null: the message is not sent yet. */
export type Audience = { chatId: number; personId: number; messageId: number | null }

export type Keyboard = {
  markup: InlineKeyboardMarkup
  /** To be called with the id that a new message got: before, its buttons are nobody's. */
  placed(messageId: number): Promise<void>
}

const VALID_MS = 24 * 3600 * 1000
const NONCE_BYTES = 24

/** Buttons for these offers, one below the other; those that the message has already are used again. */
export const keyboard = async (engine: Engine, audience: Audience, offers: readonly Offer[]): Promise<Keyboard> => {
  const { chatId, messageId } = audience
  const { database, clock } = engine
  const known = messageId === null ? [] : await buttonsAt(database.read, { chatId, messageId })
  const buttons = offers.map((offer) => known.find((button) => isSame(button, offer)) ?? fresh(engine, audience, offer))
  const added = buttons.filter((button) => !known.includes(button))
  if (added.length > 0) await database.transaction((entities) => addButtons(entities, added, clock.now()))
  return {
    markup: { inline_keyboard: buttons.map(({ label, nonce }) => [{ text: label, callback_data: nonce }]) },
    placed: (id) =>
      database.transaction((entities) =>
        placeButtons(
          entities,
          buttons.map(({ nonce }) => nonce),
          id,
        ),
      ),
  }
}

const fresh = ({ clock }: Engine, audience: Audience, { label, command, input }: Offer): Button => ({
  ...audience,
  nonce: randomBytes(NONCE_BYTES).toString('base64url'),
  label,
  command,
  input,
  expiresAt: clock.now() + VALID_MS,
})

const isSame = (button: Button, { label, command, input }: Offer): boolean =>
  button.label === label && button.command === command && JSON.stringify(button.input) === JSON.stringify(input)
