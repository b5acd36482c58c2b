import type { Engine } from '../../deploy-engine/index.ts'
import type { Incoming } from './message.ts'
import { personById, renamePerson } from './records/person.ts'

/** Keeps the names of known people as they are now; a look at the database for each person and name. */
export const nameKeeper = ({ database }: Engine): ((who: Incoming) => Promise<void>) => {
  const seen = new Map<number, string>()
  return async ({ personId, personName }) => {
    if (seen.get(personId) === personName) return
    seen.set(personId, personName)
    if ((await personById(database.read, personId))?.name === personName) return
    await database.transaction((entities) => renamePerson(entities, personId, personName))
  }
}
