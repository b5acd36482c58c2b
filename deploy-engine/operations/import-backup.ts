import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { recipientOf } from '../archive/age.ts'
import type { StateFile } from '../archive/check-state.ts'
import type { ReadArchive } from '../archive/read-archive.ts'
import { TbsError } from '../error.ts'
import { THE_HOST } from '../names.ts'
import type { Engine } from '../ports.ts'
import { BackupSchema } from '../records/backup.ts'
import type { Secret } from '../secret.ts'
import { ENDING, pathOf, stamp } from './backup-files.ts'
import { type BackupView, backupFile } from './backups.ts'
import { roomForData } from './restore.ts'

export type ForeignFile = { file: string; key?: Secret; signal: AbortSignal }

/**
 * Takes a file from elsewhere among the backups: reads and checks all of it, then seals it for this server, so that no
 * key has to be kept. The same again when it is there already. Fails like reading a file, and with `bad_recovery_key`.
 */
export const importBackup = async (engine: Engine, { file, key, signal }: ForeignFile): Promise<BackupView> => {
  const { manifest } = await verifyFile(engine, { file, ...(key && { key }), signal })
  const { bot, takenAt, release } = manifest
  const name = `${bot.name}-${stamp(takenAt)}-${digest(JSON.stringify(manifest)).slice(0, 8)}${ENDING}`
  const kept = join('backups', bot.name, name)
  const known = await engine.database.read.findOneBy(BackupSchema, { file: kept })
  const there = known?.state === 'good' && (await backupFile(engine, known.id).catch(() => undefined))
  if (there) return there
  const recipients = await engine.backupKeys.recipients()
  const sealed = await engine.archive.reseal(file, pathOf(engine, kept), {
    identities: await identities(engine, key),
    recipients,
    signal,
  })
  const row = await engine.database.transaction((entities) =>
    entities.save(BackupSchema, {
      ...(known && { id: known.id }),
      ...{ botId: null, botName: bot.name, telegramId: bot.telegramId, file: kept, ...sealed },
      ...{ cause: 'import' as const, release: release?.number ?? null, createdAt: engine.clock.now() },
      ...{ state: 'good' as const, copies: [] },
    }),
  )
  return backupFile(engine, row.id)
}

/** Really unpacks a file and holds all of it against its manifest; nothing is written anywhere. */
export const verifyFile = async (engine: Engine, { file, key, signal }: ForeignFile): Promise<ReadArchive> =>
  engine.archive.read(file, {
    identities: await identities(engine, key),
    signal,
    maxBytes: await roomForData(engine),
  })

const identities = async ({ backupKeys }: Engine, key: Secret | undefined): Promise<Secret[]> => {
  if (key) await recipientOf(key)
  return [...(key ? [key] : []), await backupKeys.identity()]
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Of a bot, or of the manager itself. */
export type Verified = { whole: ReadArchive; state?: undefined } | { state: StateFile[]; whole?: undefined }

/** The same of one of ours, by its number; one that is refused is marked as damaged. */
export const verifyBackup = async (engine: Engine, id: number, signal: AbortSignal): Promise<Verified> => {
  const { path, bot } = await backupFile(engine, id)
  try {
    if (bot !== THE_HOST) return { whole: await verifyFile(engine, { file: path, signal }) }
    return { state: await engine.archive.checkState(path, { identities: await identities(engine, undefined), signal }) }
  } catch (error) {
    if (error instanceof TbsError && !NOT_ITS_FAULT.includes(error.code)) {
      await engine.database.transaction((entities) => entities.update(BackupSchema, { id }, { state: 'damaged' }))
    }
    throw error
  }
}

const NOT_ITS_FAULT = ['no_backup_file', 'too_large', 'wrong_key', 'bad_key_file', 'newer_format']
