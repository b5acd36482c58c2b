import type { Installation } from './installation.ts'
import { addKnownPeople } from './known-people.ts'

/**
 * Owners who have said nothing yet, one after the other: in one chat everything that a test asks for would have to wait
 * for Telegram's limits.
 */
export const freshChats = async (here: Installation, count: number): Promise<() => number> => {
  const people = Array.from({ length: count }, (_, index) => ({ id: 3001 + index, name: `Person ${index}` }))
  await addKnownPeople(
    here,
    people.map((person) => ({ ...person, role: 'owner' as const })),
  )
  return () => {
    const next = people.shift()
    if (!next) throw new Error('nobody is left who has said nothing yet')
    return next.id
  }
}
