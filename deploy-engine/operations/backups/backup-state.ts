import { dirname, join } from 'node:path'
import { THE_HOST } from '../../names.ts'
import type { Engine } from '../../ports.ts'
import { type Backup, type BackupCause, BackupSchema, backupsOf, UNREAD } from '../../records/backup.ts'
import { copiesDue, dropUnrecorded, ENDING, pathOf, stamp } from './backup-files.ts'
import { removeBackups } from './expire.ts'
import { expired } from './retention.ts'

/**
 * Backs up what the manager itself knows: its database, and the keys that its secrets and backups are opened with. With
 * the recovery key a whole server comes back from it. Bots' data is in backups of their own.
 */
export const backUpState = async (engine: Engine, cause: BackupCause, signal: AbortSignal): Promise<Backup> => {
  const { files, database, settings, clock, archive, backupKeys } = engine
  const takenAt = clock.now()
  const file = join('backups', THE_HOST, `${THE_HOST}-${stamp(takenAt)}-${takenAt % 1000}${ENDING}`)
  const path = pathOf(engine, file)
  const directory = await files.temporary('state')
  try {
    const copy = join(directory, 'tbs.sqlite')
    await database.copyTo(copy)
    await files.makeDirectory(dirname(path))
    const content = {
      about: { instance: settings.instance, takenAt },
      files: { 'tbs.sqlite': copy, ...keysOf(engine) },
    }
    const written = await archive.writeState(path, content, { recipients: await backupKeys.recipients(), signal })
    const backup = await database.transaction((entities) =>
      entities.save(BackupSchema, {
        ...{ ...UNREAD, botId: null, botName: null, telegramId: null, release: null, file, cause },
        ...{ ...written, createdAt: takenAt },
        copies: copiesDue(engine, takenAt),
      }),
    )
    await removeBackups(engine, expired(await backupsOf(database.read, null), clock.now()))
    return backup
  } catch (error) {
    await dropUnrecorded(engine, file)
    throw error
  } finally {
    await files.remove(directory)
  }
}

const keysOf = ({ settings: { keyFile } }: Engine): Record<string, string> => ({
  'keys/master.key': keyFile,
  'keys/backups.age': `${keyFile}.age`,
  'keys/recovery.pub': `${keyFile}.recovery`,
})
