import type { Engine } from '../../ports.ts'
import { type Backup, BackupSchema, backupsOf } from '../../records/backup.ts'
import { unfinishedOperations } from '../../records/operation.ts'
import { activeRelease } from '../../records/release.ts'
import type { Run } from '../journal.ts'
import { pathOf } from './backup-files.ts'
import { expired } from './retention.ts'

/** Removes the backups of a bot that are not kept any longer. It never makes a failure of what went well. */
export const expire = async ({ engine, bot }: Pick<Run, 'engine' | 'bot'>): Promise<void> => {
  try {
    const scheduled = (await activeRelease(engine.database.read, bot.id))?.plan.backup?.keep
    const wanted = await toBeRestored(engine)
    const backups = expired(await backupsOf(engine.database.read, bot.name), engine.clock.now(), scheduled)
    await removeBackups(
      engine,
      backups.filter(({ file }) => !wanted.includes(file)),
    )
  } catch (err) {
    engine.log.warn({ err }, 'old backups could not be removed')
  }
}

// A restore backs up what there is before it unpacks what it was asked for.
const toBeRestored = async ({ database }: Engine): Promise<(string | undefined)[]> =>
  (await unfinishedOperations(database.read)).map(({ args }) => args.file)

/** Files first: a row without a file is found again, a file without a row is not. */
export const removeBackups = async (engine: Engine, backups: readonly Backup[]): Promise<void> => {
  for (const { id, file } of backups) {
    await engine.files.remove(pathOf(engine, file))
    await engine.database.transaction((entities) => entities.delete(BackupSchema, { id }))
  }
}
