import type { SealedTable } from '../../../deploy-engine/index.ts'
import { InboxSchema, inboxKey } from './inbox.ts'
import { WizardSchema, wizardKey } from './wizard.ts'

// The chat's own things are sealed for no bot in particular.
export const NO_BOT = 0

/** What the chat stores encrypted. */
export const sealedInChat: readonly SealedTable[] = [
  async (entities) =>
    (await entities.find(InboxSchema)).map(({ updateId, sealed }) => ({
      bot: NO_BOT,
      key: inboxKey(updateId),
      sealed,
      put: async (anew) => void (await entities.update(InboxSchema, { updateId }, { sealed: anew })),
    })),
  async (entities) =>
    (await entities.find(WizardSchema)).map(({ chatId, personId, sealed }) => ({
      bot: NO_BOT,
      key: wizardKey({ chatId, personId }),
      sealed,
      put: async (anew) => void (await entities.update(WizardSchema, { chatId, personId }, { sealed: anew })),
    })),
]
