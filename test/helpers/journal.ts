import { watch } from 'node:fs'
import { join } from 'node:path'
import sqlite3 from 'sqlite3'

type Entry = { name: string; state: string }

/** Resolves as soon as the database of an installation holds this journal entry; `after` leaves out older steps. */
export const journalSays = async (dataDir: string, wanted: Entry, after = 0): Promise<void> => {
  const database = new sqlite3.Database(join(dataDir, 'tbs.sqlite'), sqlite3.OPEN_READONLY)
  const look = () =>
    new Promise<boolean>((resolve, reject) => {
      const query = 'SELECT count(*) AS found FROM steps WHERE name = ? AND state = ? AND id > ?'
      database.get<{ found: number }>(query, [wanted.name, wanted.state, after], (error, row) =>
        error ? reject(error) : resolve(row.found > 0),
      )
    })
  await new Promise<void>((resolve, reject) => {
    const check = () => look().then((found) => found && stop(resolve), reject)
    const watcher = watch(dataDir, check)
    const stop = (end: () => void) => {
      watcher.close()
      end()
    }
    void check()
  })
  database.close()
}

/** The newest step's id, to wait only for later ones. */
export const lastStep = (dataDir: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(dataDir, 'tbs.sqlite'), sqlite3.OPEN_READONLY)
    database.get<{ last: number | null }>('SELECT max(id) AS last FROM steps', (error, row) => {
      database.close()
      if (error) reject(error)
      else resolve(row.last ?? 0)
    })
  })
