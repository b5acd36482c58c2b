import { type EntityManager, EntitySchema, IsNull, LessThanOrEqual } from 'typeorm'
import { type Button, ButtonSchema } from './button.ts'

/** The questions about a new bot, where one person stands in them; sealed, since there are tokens among the answers. */
export type WizardRow = {
  chatId: number
  personId: number
  /** Grows with each question, so that the buttons of an earlier one mean nothing. */
  turn: number
  step: string
  sealed: Buffer
  /** The update that was answered last: handled again after a kill, it changes nothing more. */
  updateId: number | null
  expiresAt: number
}

export const WizardSchema = new EntitySchema<WizardRow>({
  name: 'wizard',
  tableName: 'wizards',
  columns: {
    chatId: { name: 'chat_id', type: 'integer', primary: true },
    personId: { name: 'person_id', type: 'integer', primary: true },
    turn: { type: 'integer' },
    step: { type: 'text' },
    sealed: { type: 'blob' },
    updateId: { name: 'update_id', type: 'integer', nullable: true },
    expiresAt: { name: 'expires_at', type: 'integer' },
  },
})

type Whose = Pick<WizardRow, 'chatId' | 'personId'>

export const wizardKey = ({ chatId, personId }: Whose): string => `wizard:${chatId}:${personId}`

export const wizardOf = async (entities: EntityManager, { chatId, personId }: Whose): Promise<WizardRow | undefined> =>
  (await entities.findOneBy(WizardSchema, { chatId, personId })) ?? undefined

/** Takes the place of an earlier one. */
export const setWizard = async (entities: EntityManager, row: WizardRow): Promise<void> => {
  await entities.save(WizardSchema, row)
}

export const removeWizard = async (entities: EntityManager, { chatId, personId }: Whose): Promise<void> => {
  await entities.delete(WizardSchema, { chatId, personId })
}

export const wizardsAt = (entities: EntityManager, step: string): Promise<WizardRow[]> =>
  entities.findBy(WizardSchema, { step })

export const expiredWizards = (entities: EntityManager, now: number): Promise<WizardRow[]> =>
  entities.findBy(WizardSchema, { expiresAt: LessThanOrEqual(now) })

/** A button of the question that was asked last, and by it the message; undefined: it has none. */
export const wizardButton = async (
  entities: EntityManager,
  { chatId, personId, turn }: Pick<WizardRow, 'chatId' | 'personId' | 'turn'>,
): Promise<Button | undefined> =>
  (await entities.findBy(ButtonSchema, { chatId, personId, command: 'addbot', usedBy: IsNull() })).findLast(
    ({ input }) => input.turn === String(turn),
  )
