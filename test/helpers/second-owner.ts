import type { Installation } from './installation.ts'
import { change } from './journal.ts'

export const PETRA = 1002

/** A second person whom the manager obeys; put into its database, since there is no command for it yet. */
export const addSecondOwner = async ({ sandbox, dataDir }: Installation): Promise<void> => {
  sandbox.addPerson({ id: PETRA, name: 'Petra' })
  const statement = "INSERT INTO people (telegram_id, role, name, created_at) VALUES (?, 'owner', 'Petra', ?)"
  await change(dataDir, statement, [PETRA, Date.now()])
}
