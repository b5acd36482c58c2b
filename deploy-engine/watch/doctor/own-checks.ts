import type { Engine } from '../../ports.ts'
import { lookAtAccounts } from './accounts.ts'
import { lookAtAllBackups } from './backup-ages.ts'
import { RESTORE_STATE } from './before-opening.ts'
import type { Check, Seen } from './examine.ts'
import { lookAtOrphans } from './orphans.ts'
import { lookAtRestarts } from './restart-policies.ts'

/** What only an opened engine knows to ask: of its database, its bots, and what is theirs. */
export const ownChecks = (engine: Engine): Check[] => [
  { name: 'database', look: () => lookAtDatabase(engine) },
  { name: 'bots', look: (signal) => lookAtAccounts(engine, signal) },
  { name: 'backups', look: () => lookAtAllBackups(engine) },
  { name: 'orphans', look: () => lookAtOrphans(engine) },
  { name: 'restarts', look: () => lookAtRestarts(engine) },
]

const lookAtDatabase = async ({ database }: Engine): Promise<Seen | Seen[]> => {
  const { damage, dangling, drift } = await database.examine()
  const seen: Seen[] = []
  if (damage.length > 0) {
    const found = `The database is damaged: ${few(damage)}`
    seen.push({
      state: 'bad',
      found,
      consequence: 'What it says can’t be relied on, and it may get worse',
      fix: RESTORE_STATE,
    })
  }
  if (dangling.length > 0) {
    const found = `Rows of the database lack what they refer to: ${few(dangling)}`
    seen.push({ state: 'bad', found, consequence: 'What belongs to them fails in odd ways', fix: RESTORE_STATE })
  }
  if (drift.length > 0) {
    const found = `The database is not as this version makes it: ${few(drift)}`
    const consequence = 'Something changed it by hand, or an upgrade was cut off; rules may not hold that it ought to'
    seen.push({ state: 'bad', found, consequence, fix: RESTORE_STATE })
  }
  return seen.length > 0 ? seen : { state: 'ok', found: 'The database is whole and as it should be' }
}

const few = (texts: readonly string[]): string =>
  texts.slice(0, 3).join('; ') + (texts.length > 3 ? `; and ${texts.length - 3} more` : '')
