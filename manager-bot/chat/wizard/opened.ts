import type { EntityManager } from 'typeorm'
import { type Engine, messageOf, Secret } from '../../../deploy-engine/index.ts'
import { NO_BOT } from '../records/sealed.ts'
import { setWizard, type WizardRow, wizardKey, wizardOf } from '../records/wizard.ts'
import type { Standing } from './answers.ts'

export type Whose = { chatId: number; personId: number }

/** A wizard as it was read; `turn` is the number of the question that is being asked. */
export type Opened = { whose: Whose; turn: number; updateId: number | null; standing: Standing }

const WAIT_MS = 30 * 60 * 1000

/** undefined: this person is not being asked anything here, or waited too long. */
export const openedWizard = async (engine: Engine, whose: Whose): Promise<Opened | undefined> => {
  const row = await wizardOf(engine.database.read, whose)
  return row && row.expiresAt > engine.clock.now() ? unsealed(engine, row) : undefined
}

/** The next question, if none was asked since `opened` was read; else what is asked now. */
export const keepWizard = (engine: Engine, opened: Opened, next: Next): Promise<Opened | undefined> =>
  engine.database.transaction(async (entities) => {
    const row = await wizardOf(entities, opened.whose)
    if (row?.turn !== opened.turn) return row && unsealed(engine, row)
    return writeWizard(engine, entities, { ...opened, ...next, turn: opened.turn + 1 })
  })

export type Next = { standing: Standing; updateId?: number | null }

export const writeWizard = async (engine: Engine, entities: EntityManager, opened: Opened): Promise<Opened> => {
  const { whose, turn, updateId, standing } = opened
  const sealed = engine.vault.seal(NO_BOT, wizardKey(whose), new Secret(JSON.stringify(standing)))
  const expiresAt = engine.clock.now() + WAIT_MS
  await setWizard(entities, { ...whose, turn, step: standing.at.step, sealed, updateId, expiresAt })
  return opened
}

// With another master key nothing of it can be read any more.
const unsealed = ({ vault, log }: Engine, row: WizardRow): Opened | undefined => {
  const { chatId, personId, turn, updateId, sealed } = row
  const whose = { chatId, personId }
  try {
    return { whose, turn, updateId, standing: JSON.parse(vault.open(NO_BOT, wizardKey(whose), sealed).reveal()) }
  } catch (error) {
    log.error({ chat: chatId, reason: messageOf(error) }, 'the answers about a new bot can not be read')
    return undefined
  }
}
