import { type Backup, type BackupCause, isSound } from '../../records/backup.ts'

/** How many of one cause are kept, and for how long. */
type Kept = { count: number; days: number }

const KEPT: Record<BackupCause, Kept> = {
  schedule: { count: 7, days: 90 },
  deploy: { count: 5, days: 30 },
  restore: { count: 5, days: 30 },
  asked: { count: 10, days: 365 },
  remove: { count: 3, days: 365 },
  import: { count: 5, days: 30 },
}

const DAY_MS = 24 * 3600_000

/**
 * Those of one bot's backups that are to go, by count and age of each cause; whatever they were made for, never the
 * newest good one, nor the one that was last seen to be good: from that it is known when the next is to be read.
 * `scheduled`: how many tbs.yaml wants of those by its schedule.
 */
export const expired = (backups: readonly Backup[], now: number, scheduled = KEPT.schedule.count): Backup[] => {
  const newestFirst = backups.toSorted((one, other) => other.createdAt - one.createdAt || other.id - one.id)
  const newestGood = newestFirst.find(isSound)
  const lastSeenGood = newestFirst.filter(isSound).reduce(laterChecked, undefined)
  const places = new Map<BackupCause, number>()
  return newestFirst.filter((backup) => {
    if (backup.state === 'gone') return true
    const place = places.get(backup.cause) ?? 0
    // One that can't be restored takes no place.
    if (isSound(backup)) places.set(backup.cause, place + 1)
    const { count, days } = KEPT[backup.cause]
    const most = backup.cause === 'schedule' ? scheduled : count
    const stays = backup === newestGood || backup === lastSeenGood
    return !stays && (place >= most || now - backup.createdAt > days * DAY_MS)
  })
}

const laterChecked = (one: Backup | undefined, other: Backup): Backup | undefined =>
  (other.checkedAt ?? 0) > (one?.checkedAt ?? 0) ? other : one
