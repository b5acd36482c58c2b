import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Engine } from '../../ports.ts'
import { BackupSchema, isSound, UNREAD } from '../../records/backup.ts'
import { ENDING, pathOf, stamp } from '../backups/backup-files.ts'
import { type BackupView, backupFile } from '../backups/backups.ts'
import { type ForeignFile, openedWith, verifyFile } from './verify-backup.ts'

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
  const there = known && isSound(known) && (await backupFile(engine, known.id).catch(() => undefined))
  if (there) return there
  const recipients = await engine.backupKeys.recipients()
  const sealed = await engine.archive.reseal(file, pathOf(engine, kept), {
    identities: await openedWith(engine, key),
    recipients,
    signal,
  })
  const row = await engine.database.transaction((entities) =>
    entities.save(BackupSchema, {
      ...(known && { id: known.id }),
      ...{ botId: null, botName: bot.name, telegramId: bot.telegramId, file: kept, ...sealed },
      ...{ cause: 'import' as const, release: release?.number ?? null, createdAt: engine.clock.now() },
      ...{ ...UNREAD, copies: [] },
    }),
  )
  return backupFile(engine, row.id)
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
