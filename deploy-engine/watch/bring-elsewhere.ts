import { messageOf } from '../error.ts'
import { pathOf } from '../operations/backups/backup-files.ts'
import type { Engine } from '../ports.ts'
import { allBackups, type Backup, type BackupCopy, BackupSchema } from '../records/backup.ts'
import { within } from '../within.ts'

const LIMIT_MS = 3600_000
const NOTE = 300

/**
 * Runs TBS_BACKUP_CMD with each finished backup that it has not had, the path behind its arguments. Cut off, it is run
 * again; that it fails is written down at the backup.
 */
export const bringElsewhere = async (engine: Engine, signal: AbortSignal): Promise<void> => {
  const { backupCommand } = engine.settings
  for (const backup of (await allBackups(engine.database.read)).reverse()) {
    if (signal.aborted) return
    const due = backup.copies.find(({ to, state }) => to === 'command' && state === 'due')
    if (due) await noteCopy(engine, backup, await bring(engine, { backup, command: backupCommand ?? [] }, signal))
  }
}

type Bringing = { backup: Backup; command: readonly string[] }

const bring = async (engine: Engine, { backup, command }: Bringing, signal: AbortSignal): Promise<BackupCopy> => {
  const path = pathOf(engine, backup.file)
  const env = { TBS_BACKUP_ID: String(backup.id), TBS_BACKUP_BOT: backup.botName ?? '', TBS_BACKUP_FILE: path }
  const done = (state: 'done' | 'failed', note?: string): BackupCopy => ({
    to: 'command',
    state,
    at: engine.clock.now(),
    ...(note !== undefined && { note: note.slice(0, NOTE) }),
  })
  if (command.length === 0) return done('failed', 'it is not set any more')
  try {
    await within(signal, (own) => engine.programs.run([...command, path], { env, limitMs: LIMIT_MS, signal: own }))
    return done('done')
  } catch (error) {
    signal.throwIfAborted()
    engine.log.warn({ backup: backup.id, error: messageOf(error) }, 'TBS_BACKUP_CMD has failed')
    return done('failed', messageOf(error))
  }
}

const noteCopy = async ({ database }: Engine, { id }: Backup, copy: BackupCopy): Promise<void> => {
  await database.transaction(async (entities) => {
    const backup = await entities.findOneBy(BackupSchema, { id })
    if (!backup) return
    const copies = [...backup.copies.filter(({ to }) => to !== copy.to), copy]
    await entities.update(BackupSchema, { id }, { copies })
  })
}
