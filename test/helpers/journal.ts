import { watch } from 'node:fs'
import { join } from 'node:path'
import sqlite3 from 'sqlite3'

type Entry = { name: string; state: string }

const PATIENCE_MS = 60_000
const LOOK_MS = 10

/** Rows of an installation's database, read beside the manager. */
export const rows = <T>(dataDir: string, query: string, values: unknown[] = []): Promise<T[]> =>
  withDatabase(dataDir, sqlite3.OPEN_READONLY, (database) => all<T>(database, query, values))

/** Changes an installation's database from outside; fails as SQLite does. */
export const change = async (dataDir: string, statement: string, values: unknown[] = []): Promise<void> => {
  await withDatabase(dataDir, sqlite3.OPEN_READWRITE, (database) => all(database, statement, values))
}

/** Resolves as soon as the database of an installation holds this journal entry; `after` leaves out older steps. */
export const journalSays = (dataDir: string, wanted: Entry, after = 0): Promise<void> => {
  // A short step may be over before anybody has looked.
  const query = "SELECT id FROM steps WHERE name = ? AND (state = ? OR ? = 'started') AND id > ?"
  const what = `the journal says “${wanted.name} ${wanted.state}”`
  return databaseShows(dataDir, { query, values: [wanted.name, wanted.state, wanted.state, after], what })
}

/** Resolves as soon as the query gives a row. */
export const databaseShows = (
  dataDir: string,
  { query, values = [], what }: { query: string; values?: unknown[]; what: string },
): Promise<void> =>
  withDatabase(dataDir, sqlite3.OPEN_READONLY, (database) => {
    return new Promise<void>((resolve, reject) => {
      const check = () =>
        all(database, query, values).then((found) => {
          if (found.length > 0) stop(resolve)
        }, reject)
      // The last part of a commit is written into shared memory, which makes no event.
      const often = setInterval(check, LOOK_MS)
      const late = setTimeout(() => stop(() => reject(new Error(`It did not happen that ${what}`))), PATIENCE_MS)
      const watcher = watch(dataDir, check)
      const stop = (end: () => void) => {
        clearTimeout(late)
        clearInterval(often)
        watcher.close()
        end()
      }
      void check()
    })
  })

/** The newest step's id, to wait only for later ones. */
export const lastStep = async (dataDir: string): Promise<number> => {
  const [found] = await rows<{ last: number | null }>(dataDir, 'SELECT max(id) AS last FROM steps')
  return found?.last ?? 0
}

const withDatabase = async <T>(
  dataDir: string,
  mode: number,
  work: (database: sqlite3.Database) => Promise<T>,
): Promise<T> => {
  const database = await open(join(dataDir, 'tbs.sqlite'), mode)
  database.configure('busyTimeout', 5_000)
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

const open = (path: string, mode: number): Promise<sqlite3.Database> =>
  new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, mode, (error) => (error ? reject(error) : resolve(database)))
  })

const all = <T>(database: sqlite3.Database, query: string, values: unknown[]): Promise<T[]> =>
  new Promise((resolve, reject) => {
    database.all<T>(query, values, (error, found) => (error ? reject(error) : resolve(found)))
  })
