import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataSource, type EntitySchema, type MigrationInterface, QueryFailedError } from 'typeorm'
import { TbsError } from '../error.ts'
import type { Database } from '../ports.ts'
import { BackupSchema } from '../records/backup.ts'
import { BotSchema } from '../records/bot.ts'
import { BotVolumeSchema } from '../records/bot-volume.ts'
import { IncidentSchema } from '../records/incident.ts'
import { KeptContainerSchema } from '../records/kept-container.ts'
import { Initial1700000000001 } from '../records/migrations/0001-initial.ts'
import { Choices1700000000002 } from '../records/migrations/0002-choices.ts'
import { StopRunRemove1700000000003 } from '../records/migrations/0003-stop-run-remove.ts'
import { Limits1700000000004 } from '../records/migrations/0004-limits.ts'
import { Watching1700000000005 } from '../records/migrations/0005-watching.ts'
import { Backups1700000000006 } from '../records/migrations/0006-backups.ts'
import { RestoredVolumes1700000000007 } from '../records/migrations/0007-restored-volumes.ts'
import { LocksSettings1700000000008 } from '../records/migrations/0008-locks-settings.ts'
import { CheckedBackups1700000000009 } from '../records/migrations/0009-checked-backups.ts'
import { MuteSchema } from '../records/mute.ts'
import { ObservationSchema } from '../records/observation.ts'
import { OperationSchema } from '../records/operation.ts'
import { ReleaseSchema } from '../records/release.ts'
import { SecretSchema } from '../records/secret.ts'
import { StepSchema } from '../records/step.ts'
import { VolumeCopySchema } from '../records/volume-copy.ts'
import { sqliteDriver } from './driver.ts'
import { examineDatabase } from './examine-database.ts'

/** Tables and migrations of another part that live in the same database. */
export type MoreTables = {
  entities?: EntitySchema[]
  migrations?: (new () => MigrationInterface)[]
}

export type OpenDatabase = Database & { source: DataSource; close(): Promise<void> }

const BUSY_MS = 5_000
/** What another process writes is asked for so often at most. */
const OTHERS_MS = 2_000

const OWN_MIGRATIONS = [
  Initial1700000000001,
  Choices1700000000002,
  StopRunRemove1700000000003,
  Limits1700000000004,
  Watching1700000000005,
  Backups1700000000006,
  RestoredVolumes1700000000007,
  LocksSettings1700000000008,
  CheckedBackups1700000000009,
]

const OWN_SCHEMAS = [
  BotSchema,
  ReleaseSchema,
  OperationSchema,
  StepSchema,
  SecretSchema,
  KeptContainerSchema,
  VolumeCopySchema,
  BotVolumeSchema,
  ObservationSchema,
  IncidentSchema,
  MuteSchema,
  BackupSchema,
]

/**
 * Opens, and migrates, the database in the data dir. What can't be written for want of space fails with `disk_full`,
 * and with `database_locked` what can't be because another process keeps the file to itself; neither changes anything.
 * A database that a newer version has changed is refused with `database_newer`, if all tables are opened.
 */
export const openDatabase = async (dataDir: string, more: MoreTables = {}): Promise<OpenDatabase> => {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const entities = [...OWN_SCHEMAS, ...(more.entities ?? [])]
  const file = { driver: await sqliteDriver(), database: databasePath(dataDir) }
  const source = new DataSource({
    type: 'sqlite',
    ...file,
    entities,
    migrations: [...OWN_MIGRATIONS, ...(more.migrations ?? [])],
    migrationsRun: true,
    migrationsTransactionMode: 'each',
    synchronize: false,
    enableWAL: true,
    busyTimeout: BUSY_MS,
  })
  await source.initialize()
  // Without the tables of the other part nobody can tell which of its own are new.
  if (more.migrations) await refuseNewer(source)
  await source.query('PRAGMA foreign_keys = ON')
  return {
    source,
    read: source.manager,
    ...serialised(source),
    examine: () => examineDatabase({ ...file, entities, busyTimeout: BUSY_MS }),
    close: () => source.destroy(),
  }
}

const refuseNewer = async (source: DataSource): Promise<void> => {
  const known = source.migrations.map((migration) => migration.name ?? migration.constructor.name)
  const done = await source.query<{ name: string }[]>('SELECT name FROM migrations')
  const [newer] = done.filter(({ name }) => !known.includes(name))
  if (!newer) return
  await source.destroy()
  throw new TbsError('database_newer', `A newer version of the manager has changed the database (${newer.name})`, {
    hint: 'Nothing was changed. Use that version, or a later one: npx tbs-manager@latest upgrade',
  })
}

export const databasePath = (dataDir: string): string => join(dataDir, 'tbs.sqlite')

// TypeORM has one SQLite connection: two transactions at once would nest and lose rows, so each waits for the last.
const serialised = (source: DataSource): Pick<Database, 'transaction' | 'version' | 'copyTo'> => {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work).catch(explain)
    last = next.catch(() => undefined)
    return next
  }
  let failed = 0
  /** Begins and ends of transactions. */
  let edges = 0
  let known: { version: string; edges: number; at: number } | undefined
  return {
    transaction: (work) =>
      inTurn(async () => {
        edges++
        try {
          return await source.transaction(work)
        } catch (error) {
          // Whatever was read meanwhile had seen what is rolled back.
          failed++
          throw error
        } finally {
          edges++
        }
      }),
    version: async () => {
      const at = performance.now()
      if (known?.edges === edges && at - known.at < OTHERS_MS) return known.version
      const before = { failed, edges }
      const [{ own, others } = {}] = await source.query<Record<string, number>[]>(VERSION)
      const version = `${own} ${others} ${before.failed}`
      known = { version, edges: before.edges, at }
      return version
    },
    // Not possible inside a transaction.
    copyTo: (path) => inTurn(() => source.query('VACUUM INTO ?', [path])),
  }
}

// SQLite's data_version tells of other connections only.
const VERSION = 'SELECT total_changes() AS own, data_version AS others FROM pragma_data_version'

const explain = (error: unknown): never => {
  const code = error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined
  if (code === 'SQLITE_BUSY') {
    throw new TbsError('database_locked', 'Another process keeps the database locked: nothing can be written down', {
      hint: 'Look for a program that has tbs.sqlite open, a backup of the server for one, and end it',
      cause: error,
    })
  }
  if (code !== 'SQLITE_FULL' && code !== 'SQLITE_IOERR') throw error
  throw new TbsError('disk_full', 'The disk is full: nothing can be written down', {
    hint: 'Free some disk; /prune shows which images nothing needs',
    cause: error,
  })
}
