import { basename, dirname } from 'node:path'
import { TbsError } from '../../error.ts'
import { THE_HOST } from '../../names.ts'
import type { Engine } from '../../ports.ts'
import { allBackups, type Backup, backupById } from '../../records/backup.ts'
import { pathOf } from './backup-files.ts'

/** A backup as a person sees it: with the name of its bot, or `host` for the manager’s own, and where its file is. */
export type BackupView = Backup & { bot: string; path: string }

/** Newest first; of one bot, also of one that was removed, or of all. A file that is not there is said to be gone. */
export const backupList = async (engine: Engine, bot?: string): Promise<BackupView[]> => {
  const all = (await allBackups(engine.database.read)).map((backup) => viewOf(engine, backup))
  const wanted = all.filter((view) => bot === undefined || view.bot === bot)
  const directories = [...new Set(wanted.map(({ path }) => dirname(path)))]
  const there = new Map(
    await Promise.all(directories.map(async (directory) => [directory, await engine.files.names(directory)] as const)),
  )
  const isThere = ({ path }: BackupView) => there.get(dirname(path))?.includes(basename(path)) ?? false
  return wanted.map((view) => (isThere(view) ? view : { ...view, state: 'gone' as const }))
}

/** Fails with `unknown_backup` or `backup_gone`. */
export const backupFile = async (engine: Engine, id: number): Promise<BackupView> => {
  const backup = await backupById(engine.database.read, id)
  if (!backup) throw new TbsError('unknown_backup', `There is no backup ${id}`, { hint: 'See /backups' })
  const [view] = (await backupList(engine, viewOf(engine, backup).bot)).filter((one) => one.id === id)
  if (view && view.state !== 'gone') return view
  throw new TbsError('backup_gone', `The file of backup ${id} is gone: ${backup.file}`, { hint: 'See /backups' })
}

const viewOf = (engine: Engine, backup: Backup): BackupView => ({
  ...backup,
  bot: backup.botName ?? THE_HOST,
  path: pathOf(engine, backup.file),
})
