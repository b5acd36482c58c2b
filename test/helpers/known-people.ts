import type { Installation } from './installation.ts'
import { change } from './journal.ts'

type Known = { id: number; name: string; role: 'owner' | 'admin' | 'viewer' }

/** People whom the manager listens to; put into its database, without a word in the chat. */
export const addKnownPeople = async ({ sandbox, dataDir }: Installation, people: readonly Known[]): Promise<void> => {
  for (const { id, name, role } of people) {
    sandbox.addPerson({ id, name })
    const now = Date.now()
    await change(dataDir, 'INSERT INTO people (telegram_id, name, created_at) VALUES (?, ?, ?)', [id, name, now])
    const grant = "INSERT INTO grants (person_id, bot_id, role, granted_by, created_at) VALUES (?, 0, ?, 'test', ?)"
    await change(dataDir, grant, [id, role, now])
  }
}

/** A group in which commands are taken. */
export const addBoundGroup = async (here: Installation, people: readonly number[]): Promise<number> => {
  const { id } = here.sandbox.addGroup({ title: 'Ops', members: [...people, here.manager.id] })
  const bind = "INSERT INTO places (chat_id, thread_id, title, bound_by, created_at) VALUES (?, 0, 'Ops', ?, ?)"
  await change(here.dataDir, bind, [id, people[0], Date.now()])
  return id
}
