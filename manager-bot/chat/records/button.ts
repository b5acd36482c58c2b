import { type EntityManager, EntitySchema, In, IsNull, LessThan, Not } from 'typeorm'
import type { Input, Offer } from '../../command.ts'

/**
 * What pressing a button does: a command, for one person or for whoever may use it, at one message, once. The button
 * itself carries nothing but the nonce, so that a forged or copied press means nothing.
 */
export type Button = {
  nonce: string
  chatId: number
  /** null: the message is on its way, or was never sent. */
  messageId: number | null
  /** Or ANYBODY. */
  personId: number
  /** Where it stands on the keyboard, both counted from 0. */
  row: number
  position: number
  label: string
  command: string
  input: Input
  style: NonNullable<Offer['style']> | null
  fate: NonNullable<Offer['fate']> | null
  reply: NonNullable<Offer['reply']> | null
  expiresAt: number
  /** The update that pressed it: carried out again after a kill, it may use it again. */
  usedBy: number | null
}

/** The button is for whoever may use its command; people have positive numbers. */
export const ANYBODY = 0

export const ButtonSchema = new EntitySchema<Button>({
  name: 'button',
  tableName: 'buttons',
  columns: {
    nonce: { type: 'text', primary: true },
    chatId: { name: 'chat_id', type: 'integer' },
    messageId: { name: 'message_id', type: 'integer', nullable: true },
    personId: { name: 'person_id', type: 'integer' },
    row: { type: 'integer', default: 0 },
    position: { type: 'integer', default: 0 },
    label: { type: 'text' },
    command: { type: 'text' },
    input: { type: 'simple-json' },
    style: { type: 'text', nullable: true },
    fate: { type: 'text', nullable: true },
    reply: { type: 'text', nullable: true },
    expiresAt: { name: 'expires_at', type: 'integer' },
    usedBy: { name: 'used_by', type: 'integer', nullable: true },
  },
  indices: [{ name: 'buttons_by_message', columns: ['chatId', 'messageId'] }],
})

// A press in time may be carried out, after a kill, when the button has expired long since.
const KEEP_MS = 24 * 3600 * 1000

/** Forgets those that have expired long ago as well: nobody else does. */
export const addButtons = async (entities: EntityManager, buttons: Button[], now: number): Promise<void> => {
  await entities.delete(ButtonSchema, { expiresAt: LessThan(now - KEEP_MS) })
  if (buttons.length === 0) return
  // Else TypeORM reads them back, for the columns that have defaults.
  await entities.createQueryBuilder().insert().into(ButtonSchema).values(buttons).updateEntity(false).execute()
}

export const removeButtons = async (entities: EntityManager, buttons: Button[]): Promise<void> => {
  if (buttons.length === 0) return
  await entities.delete(ButtonSchema, { nonce: In(buttons.map(({ nonce }) => nonce)) })
}

type At = { chatId: number; messageId: number }

/** Those that nobody has pressed, as they stand on the keyboard. */
export const buttonsAt = (entities: EntityManager, { chatId, messageId }: At): Promise<Button[]> =>
  entities.find(ButtonSchema, {
    where: { chatId, messageId, usedBy: IsNull() },
    order: { row: 'ASC', position: 'ASC' },
  })

export const placeButtons = async (entities: EntityManager, nonces: string[], messageId: number): Promise<void> => {
  if (nonces.length > 0) await entities.update(ButtonSchema, { nonce: In(nonces) }, { messageId })
}

/** The message that a button got into; null: none is known. */
export const messageWith = async (entities: EntityManager, nonce: string | null): Promise<number | null> =>
  nonce === null ? null : ((await buttonWith(entities, nonce))?.messageId ?? null)

export const buttonWith = async (entities: EntityManager, nonce: string): Promise<Button | undefined> =>
  (await entities.findOneBy(ButtonSchema, { nonce })) ?? undefined

/** `nextNonce`: for the one that takes its place where buttons stay. */
export type Press = At & { nonce: string; personId: number; updateId: number; nextNonce: string }

/**
 * Gives the button, and either puts the like in its place or forgets all others at its message; undefined for whatever
 * was not offered so. The same update gets it again, another one does not.
 */
export const useButton = async (entities: EntityManager, press: Press, now: number): Promise<Button | undefined> => {
  const { nonce, chatId, messageId, personId, updateId, nextNonce } = press
  const button = await entities.findOneBy(ButtonSchema, { nonce, chatId, personId: In([personId, ANYBODY]) })
  if (!button) return undefined
  // A press may arrive before it is written down which message the button got into.
  if (button.messageId !== null && button.messageId !== messageId) return undefined
  if (button.usedBy !== null) return button.usedBy === updateId ? button : undefined
  if (button.expiresAt <= now) return undefined
  await entities.update(ButtonSchema, { nonce }, { usedBy: updateId, messageId })
  if (button.fate === 'stays' || button.fate === 'shows')
    await entities.insert(ButtonSchema, { ...button, messageId, nonce: nextNonce })
  else await entities.delete(ButtonSchema, { chatId, messageId, usedBy: IsNull() })
  return button
}

/** The questions that nobody has answered, by their “yes”. */
export const openQuestions = (entities: EntityManager): Promise<Button[]> =>
  entities.findBy(ButtonSchema, { reply: 'yes', usedBy: IsNull(), messageId: Not(IsNull()) })

/** Those that nobody has answered in time. */
export const unansweredQuestions = async (entities: EntityManager, now: number): Promise<Button[]> =>
  (await openQuestions(entities)).filter(({ expiresAt }) => expiresAt <= now)

export const removeButtonsAt = async (entities: EntityManager, { chatId, messageId }: At): Promise<void> => {
  await entities.delete(ButtonSchema, { chatId, messageId, usedBy: IsNull() })
}
