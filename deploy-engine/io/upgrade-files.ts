import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Database as SqliteDatabase } from 'sqlite3'
import { TbsError } from '../error.ts'
import type { DatabaseCopies, UpgradeJournal } from '../upgrade/ports.ts'
import { UpgradeSchema } from '../upgrade/upgrade.ts'
import { databasePath } from './database.ts'
import { replaceWhole } from './whole-file.ts'

/** What an upgrade leaves in the data dir: `upgrade/` with its journal and copies, and the marker of the host timer. */
export const upgradeJournal = (dataDir: string): UpgradeJournal => {
  const path = join(dataDir, 'upgrade', 'journal.json')
  const marker = join(dataDir, 'upgrading')
  return {
    read: async () => {
      const text = await readFile(path, 'utf8').catch(missing)
      return text === undefined ? undefined : UpgradeSchema.parse(JSON.parse(text))
    },
    write: (upgrade) => replaceWhole(path, JSON.stringify(upgrade)),
    quiet: (on) => (on ? writeFile(marker, '') : rm(marker, { force: true })),
  }
}

export const databaseCopies = (dataDir: string): DatabaseCopies => {
  const path = databasePath(dataDir)
  const directory = join(dataDir, 'upgrade')
  const copyOf = (name: string) => join(directory, `${name}.sqlite`)
  return {
    keep: async (name) => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const part = `${copyOf(name)}.part`
      await rm(part, { force: true })
      // Whatever a killed manager had not yet brought into the file itself is in it.
      await query(path, 'VACUUM INTO ?', [part])
      await settle(part, copyOf(name))
    },
    putBack: async (name) => {
      const copy = copyOf(name)
      if (!(await stat(copy).catch(missing))) {
        throw new TbsError('no_copy', `There is no copy of the database at ${copy}`)
      }
      const part = `${path}.part`
      await copyFile(copy, part)
      // They belong to the file that goes, and would be taken for the other one's.
      for (const end of ['-wal', '-shm']) await rm(`${path}${end}`, { force: true })
      await settle(part, path)
    },
    forget: async (except) => {
      const kept = except.map((name) => `${name}.sqlite`)
      const names = (await readdir(directory)).filter((name) => /\.sqlite(\.part)?$/.test(name) && !kept.includes(name))
      for (const name of names) await rm(join(directory, name))
    },
    migrations: async (name) => {
      const file = name === undefined ? path : copyOf(name)
      return (await query<{ name: string }>(file, 'SELECT name FROM migrations ORDER BY id')).map(({ name }) => name)
    },
    operations: async (which) => {
      if (which === 'unfinished')
        return named(await query(path, OPERATIONS('o.state IN (?, ?)'), ['queued', 'running']))
      const [{ last = 0 } = {}] = await query<{ last: number | null }>(
        copyOf(which.since),
        'SELECT max(id) AS last FROM operations',
      )
      return named(await query(path, OPERATIONS('o.id > ?'), [last ?? 0]))
    },
    room: async () => {
      const [{ size }, { bavail, bsize }] = await Promise.all([stat(path), statfs(dataDir)])
      const free = bavail * bsize
      if (free > 3 * size + SPARE_BYTES) return
      throw new TbsError(
        'disk_full',
        `Only ${Math.floor(free / MIB)} MB are free, too little for copies of the database`,
        {
          hint: 'Nothing was changed. Free some disk; /prune shows which images nothing needs',
        },
      )
    },
  }
}

const MIB = 1024 * 1024
const SPARE_BYTES = 50 * MIB
const BUSY_MS = 5_000

const OPERATIONS = (which: string): string =>
  `SELECT o.id, o.kind, b.name FROM operations o JOIN bots b ON b.id = o.bot_id WHERE ${which} ORDER BY o.id`

const named = (rows: { id: number; kind: string; name: string }[]): string[] =>
  rows.map(({ id, kind, name }) => `${kind} #${id} of ${name}`)

/** By a connection of its own, that changes no table: another version may have the file open. */
const query = async <T>(path: string, sql: string, params: unknown[] = []): Promise<T[]> => {
  const { default: sqlite3 } = await import('sqlite3')
  const database = await new Promise<SqliteDatabase>((resolve, reject) => {
    const opened = new sqlite3.Database(path, sqlite3.OPEN_READWRITE, (error) =>
      error ? reject(error) : resolve(opened),
    )
  })
  try {
    database.configure('busyTimeout', BUSY_MS)
    const all = promisify<string, unknown[], T[]>(database.all.bind(database))
    return await all(sql, params)
  } finally {
    await promisify<void>(database.close.bind(database))()
  }
}

const settle = async (part: string, path: string): Promise<void> => {
  const file = await open(part)
  await file.sync()
  await file.close()
  await rename(part, path)
}

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined
  throw error
}
