import { join } from 'node:path'
import type { Engine } from '../../ports.ts'
import { type BackupCopy, BackupSchema } from '../../records/backup.ts'
import type { Run } from '../journal.ts'

/** Below the data dir; the same whenever it is asked of an operation, so that what a killed one left is found. */
export const backupFileOf = ({ bot, operation }: Pick<Run, 'bot' | 'operation'>): string =>
  join('backups', bot.name, `${bot.name}-${stamp(operation.startedAt ?? operation.createdAt)}-${operation.id}${ENDING}`)

/** What the tools `age`, `gzip` and `tar` make of it. */
export const ENDING = '.tar.gz.age'

/** 20261128-030000, of UTC. */
export const stamp = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-')

export const pathOf = ({ settings }: Pick<Engine, 'settings'>, file: string): string => join(settings.dataDir, file)

/** Where a backup that is finished at that time is to be brought besides. */
export const copiesDue = ({ settings }: Pick<Engine, 'settings'>, at: number): BackupCopy[] =>
  settings.backupCommand ? [{ to: 'command', state: 'due', at }] : []

/** Removes the file of an operation that did not come to write it down, and what there is of it so far. */
export const dropUnfinished = ({ engine, bot, operation }: Run): Promise<void> =>
  dropUnrecorded(engine, backupFileOf({ bot, operation }))

/** The same of any backup's file. */
export const dropUnrecorded = async (engine: Engine, file: string): Promise<void> => {
  const path = pathOf(engine, file)
  await engine.files.remove(`${path}.part`)
  if (!(await engine.database.read.existsBy(BackupSchema, { file }))) await engine.files.remove(path)
}
