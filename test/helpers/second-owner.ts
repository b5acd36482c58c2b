import type { Installation } from './installation.ts'
import { addKnownPeople } from './known-people.ts'

export const PETRA = 1002

/** A second person whom the manager obeys; put into its database, without a word in the chat. */
export const addSecondOwner = (here: Installation): Promise<void> =>
  addKnownPeople(here, [{ id: PETRA, name: 'Petra', role: 'owner' }])
