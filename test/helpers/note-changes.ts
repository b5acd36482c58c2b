import { change, rows } from './journal.ts'

type Watched = { table: string; on: 'INSERT' | 'DELETE' | `UPDATE OF ${string}`; says: string }

/**
 * From now on the installation's database itself notes each such change, whoever makes it, also one that is made twice
 * or is taken back later. `says`: an SQL expression for what is noted.
 */
export const noteChanges = async (dataDir: string, watched: readonly Watched[]): Promise<void> => {
  await change(dataDir, 'CREATE TABLE noted_changes (id INTEGER PRIMARY KEY, what TEXT, said TEXT)')
  for (const { table, on, says } of watched) {
    const note = `INSERT INTO noted_changes (what, said) VALUES ('${table}', ${says})`
    await change(dataDir, `CREATE TRIGGER "noted_${table}_${on}" AFTER ${on} ON "${table}" BEGIN ${note}; END`)
  }
}

/** What was noted of a table, in its order. */
export const notedChanges = async (dataDir: string, table: string): Promise<string[]> =>
  (await rows<{ said: string }>(dataDir, 'SELECT said FROM noted_changes WHERE what = ? ORDER BY id', [table])).map(
    ({ said }) => said,
  )
