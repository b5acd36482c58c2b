import type { EntityManager } from 'typeorm'
import { noteOf, setNote } from './records/note.ts'

const KEY = 'poll_conflict'

/** That another program takes what people send the manager; for other processes, too. */
export const noteConflict = (entities: EntityManager, at: number): Promise<void> =>
  setNote(entities, { key: KEY, value: true, at })

export const noteConflictOver = (entities: EntityManager, at: number): Promise<void> =>
  setNote(entities, { key: KEY, value: false, at })

/** Since when, ms since the epoch; undefined: no other program is known. */
export const conflictSince = async (entities: EntityManager): Promise<number | undefined> => {
  const note = await noteOf(entities, KEY)
  return note?.value === true ? note.at : undefined
}
