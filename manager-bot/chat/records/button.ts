import { type EntityManager, EntitySchema, LessThan } from 'typeorm'
import type { Input } from '../../command.ts'

/**
 * What pressing a button does: a command, for one person, at one message, once. The button itself carries nothing but
 * the nonce, so that a forged or copied press means nothing.
 */
export type Button = {
  nonce: string
  chatId: number
  /** null: the message is on its way, or was never sent. */
  messageId: number | null
  personId: number
  label: string
  command: string
  input: Input
  expiresAt: number
}

export const ButtonSchema = new EntitySchema<Button>({
  name: 'button',
  tableName: 'buttons',
  columns: {
    nonce: { type: 'text', primary: true },
    chatId: { name: 'chat_id', type: 'integer' },
    messageId: { name: 'message_id', type: 'integer', nullable: true },
    personId: { name: 'person_id', type: 'integer' },
    label: { type: 'text' },
    command: { type: 'text' },
    input: { type: 'simple-json' },
    expiresAt: { name: 'expires_at', type: 'integer' },
  },
  indices: [{ name: 'buttons_by_message', columns: ['chatId', 'messageId'] }],
})

/** Forgets those that have expired as well: nobody else does. */
export const addButtons = async (entities: EntityManager, buttons: Button[], now: number): Promise<void> => {
  await entities.delete(ButtonSchema, { expiresAt: LessThan(now) })
  await entities.insert(ButtonSchema, buttons)
}

export const buttonsAt = (
  entities: EntityManager,
  { chatId, messageId }: { chatId: number; messageId: number },
): Promise<Button[]> => entities.findBy(ButtonSchema, { chatId, messageId })

export const placeButtons = async (entities: EntityManager, nonces: string[], messageId: number): Promise<void> => {
  for (const nonce of nonces) await entities.update(ButtonSchema, { nonce }, { messageId })
}

export type Press = { nonce: string; chatId: number; messageId: number; personId: number }

/** Gives the button and forgets it with all others at its message; undefined for whatever was not offered so. */
export const useButton = async (entities: EntityManager, press: Press, now: number): Promise<Button | undefined> => {
  const { chatId, messageId } = press
  const button = await entities.findOneBy(ButtonSchema, press)
  if (!button || button.expiresAt <= now) return undefined
  await entities.delete(ButtonSchema, { chatId, messageId })
  return button
}
