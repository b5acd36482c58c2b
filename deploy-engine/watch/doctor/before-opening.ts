import { join } from 'node:path'
import type { HostPorts } from '../../ports.ts'
import type { Check, Seen } from './examine.ts'

export const RESTORE_STATE = 'Stop the manager, and restore its state from a backup of it: docs/backups.md'

const NOT_LOOKED_AT = 'Bots, backups, left-overs and restart policies were not looked at'

/**
 * Why the installation should not be opened, if so: that would make a new database where there is none, and a new key
 * where the old one is missing.
 */
export const reasonNotToOpen = async ({ files, settings }: HostPorts): Promise<Seen | undefined> => {
  const { dataDir, keyFile } = settings
  if (!(await files.stateOf(join(dataDir, 'tbs.sqlite')))) {
    return {
      state: 'warn',
      found: `There is no installation in ${dataDir} yet`,
      consequence: NOT_LOOKED_AT,
      fix: 'Start the manager; or say by TBS_DATA_DIR where its data is',
    }
  }
  if (await files.stateOf(keyFile)) return undefined
  return {
    state: 'bad',
    found: `The key file ${keyFile} is missing`,
    consequence: `The tokens and secrets in the database can’t be read without it. ${NOT_LOOKED_AT}`,
    fix: 'Stop the manager, and put the copy of it that you keep elsewhere back; or say by TBS_KEY_FILE where it is',
  }
}

/** In the place of the check of a database that could not be opened. */
export const closedDatabase = (why: Seen | Error): Check => ({
  name: 'database',
  look: async () =>
    why instanceof Error
      ? {
          state: 'bad',
          found: `The database can’t be opened: ${why.message}`,
          consequence: `The manager can’t start, or fails in odd ways. ${NOT_LOOKED_AT}`,
          fix: RESTORE_STATE,
        }
      : why,
})
