import { recipientOf } from '../../archive/age.ts'
import type { StateFile } from '../../archive/check-state.ts'
import type { ReadArchive } from '../../archive/read-archive.ts'
import { messageOf, TbsError } from '../../error.ts'
import { THE_HOST } from '../../names.ts'
import type { Engine } from '../../ports.ts'
import { type Backup, BackupSchema } from '../../records/backup.ts'
import type { Secret } from '../../secret.ts'
import { backupFile } from '../backups/backups.ts'
import { roomForData } from './restore.ts'

/** Of a bot, or of the manager itself. */
export type Verified = { whole: ReadArchive; state?: undefined } | { state: StateFile[]; whole?: undefined }

/**
 * Really unpacks one of ours, to nowhere, and holds all of it against its manifest. When that was, and what is wrong
 * with it, is written down beside it.
 */
export const verifyBackup = async (engine: Engine, id: number, signal: AbortSignal): Promise<Verified> => {
  try {
    const found = await unpacked(engine, id, signal)
    await note(engine, id, { state: 'good', fault: null })
    return found
  } catch (error) {
    signal.throwIfAborted()
    const isDamaged = error instanceof TbsError && !NOT_ITS_FAULT.includes(error.code)
    await note(engine, id, { ...(isDamaged && { state: 'damaged' }), fault: messageOf(error) })
    throw error
  }
}

const NOT_ITS_FAULT = ['no_backup_file', 'backup_gone', 'wrong_key', 'bad_key_file', 'newer_format']

const unpacked = async (engine: Engine, id: number, signal: AbortSignal): Promise<Verified> => {
  const { path, bot } = await backupFile(engine, id)
  const identities = await openedWith(engine)
  if (bot === THE_HOST) return { state: await engine.archive.checkState(path, { identities, signal }) }
  // Nothing is written: what it unfolds to needs no room.
  const maxBytes = Number.POSITIVE_INFINITY
  return { whole: await engine.archive.read(path, { identities, signal, maxBytes }) }
}

const note = async ({ database, clock }: Engine, id: number, seen: Partial<Backup>): Promise<void> => {
  await database.transaction((entities) => entities.update(BackupSchema, { id }, { ...seen, checkedAt: clock.now() }))
}

export type ForeignFile = { file: string; key?: Secret; signal: AbortSignal }

/** The same of any file; nothing is written anywhere. */
export const verifyFile = async (engine: Engine, { file, key, signal }: ForeignFile): Promise<ReadArchive> =>
  engine.archive.read(file, {
    identities: await openedWith(engine, key),
    signal,
    maxBytes: await roomForData(engine),
  })

/** This server's own key, and before it the one that is given. */
export const openedWith = async ({ backupKeys }: Engine, key?: Secret): Promise<Secret[]> => {
  if (key) await recipientOf(key)
  return [...(key ? [key] : []), await backupKeys.identity()]
}
