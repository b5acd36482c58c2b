import { type Backup, isSound } from '../records/backup.ts'

const WEEK_MS = 7 * 24 * 3600_000

/**
 * The newest of one bot's backups, given newest first, if it is to be read as a whole: because none of them was for a
 * week, or only such as are older than one that can't be restored.
 */
export const checkDue = (backups: readonly Backup[], now: number): Backup | undefined => {
  const wasRead = ({ checkedAt }: Backup) => checkedAt !== null && Math.abs(now - checkedAt) < WEEK_MS
  const newest = backups.find(isSound)
  if (!newest || wasRead(newest)) return undefined
  const faulty = backups.find((backup) => !isSound(backup))
  const isProof = (backup: Backup) => isSound(backup) && backup.createdAt >= (faulty?.createdAt ?? 0)
  return backups.some((backup) => isProof(backup) && wasRead(backup)) ? undefined : newest
}
