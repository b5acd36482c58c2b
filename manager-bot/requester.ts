import type { Somebody } from './people.ts'

/** Who asked for something, for people: a name, a user of the server, or the manager itself. */
export const requesterText = (requestedBy: string, people: readonly Somebody[]): string => {
  const [door, who = ''] = requestedBy.split(':')
  if (door === 'terminal') return `${who} in the terminal`
  if (door !== 'telegram') return `the ${requestedBy}`
  return people.find(({ id }) => String(id) === who)?.name ?? who
}
