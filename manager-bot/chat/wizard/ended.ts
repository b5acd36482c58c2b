import type { EntityManager } from 'typeorm'
import type { Engine } from '../../../deploy-engine/index.ts'
import { bold, command, line, type RichText } from '../../text/rich-text.ts'
import type { Outbox } from '../outbox.ts'
import { removeButtonsAt } from '../records/button.ts'
import { expiredWizards, removeWizard, type WizardRow, wizardButton } from '../records/wizard.ts'

type Parts = { engine: Engine; outbox: Outbox }

/** Takes the buttons of the question away that was asked last, and says something in its place if there is a need. */
export const retireQuestion = async (
  entities: EntityManager,
  outbox: Outbox,
  { chatId, personId, turn }: Pick<WizardRow, 'chatId' | 'personId' | 'turn'>,
  text: RichText = [],
): Promise<void> => {
  const messageId = (await wizardButton(entities, { chatId, personId, turn }))?.messageId
  if (messageId === undefined || messageId === null) return
  await removeButtonsAt(entities, { chatId, messageId })
  const place = { chatId, threadId: null, replyTo: null }
  await outbox.post(entities, { place, text, priority: 'result', silent: true, edit: messageId })
}

/** Forgets the answers of those who went away for half an hour, and says so. */
export const endForgotten = async ({ engine: { database, clock }, outbox }: Parts): Promise<void> => {
  if ((await expiredWizards(database.read, clock.now())).length === 0) return
  const chats = await database.transaction(async (entities) => {
    const rows = await expiredWizards(entities, clock.now())
    for (const row of rows) {
      await removeWizard(entities, row)
      if (row.step !== 'done') await retireQuestion(entities, outbox, row, FORGOTTEN)
    }
    return new Set(rows.map(({ chatId }) => chatId))
  })
  for (const chatId of chats) outbox.wake(chatId)
}

const FORGOTTEN: RichText = [
  line(bold('No bot was added.'), ' I waited for half an hour and have forgotten the answers.'),
  line('Begin again: ', command('addbot')),
]
