import { THE_HOST } from '../../names.ts'
import { type BackupView, backupList } from '../../operations/backups/backups.ts'
import type { Engine } from '../../ports.ts'
import { lookAtBackups } from '../backup-finding.ts'
import { botsWithRelease } from '../bots-to-run.ts'
import { lookAtFiles } from '../faulty-backups.ts'
import type { Finding } from '../host-findings.ts'
import type { Seen } from './examine.ts'

const DAY_MS = 86_400_000
const OLD_MS = 30 * DAY_MS
/** The newest of each is read once a week. */
const UNREAD_MS = 15 * DAY_MS

/** Whether there is a backup of all data and of the manager itself, how old it is, and when it was last read. */
export const lookAtAllBackups = async (engine: Engine): Promise<Seen | Seen[]> => {
  const views = await backupList(engine)
  const [due, files] = await Promise.all([lookAtBackups(engine)(), lookAtFiles(engine)])
  const names = await withData(engine)
  const now = engine.clock.now()
  const seen = [
    ...troubleOf(due),
    ...troubleOf(files),
    ...names.flatMap(({ name, stoppedAt }) => ageOf(views, { name, stoppedAt, now })),
    ...[THE_HOST, ...names.map(({ name }) => name)].flatMap((name) => readingOf(views, name, now)),
  ]
  if (seen.length > 0) return seen
  return { state: 'ok', found: 'There are backups of all data, none of them overdue or known to be bad' }
}

const withData = async (engine: Engine): Promise<{ name: string; stoppedAt: number | null }[]> =>
  (await botsWithRelease(engine)).flatMap(({ bot, release }) =>
    release.plan.volumes.length + bot.volumes.length > 0 ? [{ name: bot.name, stoppedAt: bot.stoppedAt }] : [],
  )

const LOST = 'What was written since is lost if the disk or the data is'

const troubleOf = ({ state, found, hint }: Finding): Seen[] =>
  state === 'good' ? [] : [{ state: 'bad', found, consequence: LOST, ...(hint !== undefined && { fix: hint }) }]

type Of = { name: string; stoppedAt: number | null; now: number }

const ageOf = (views: readonly BackupView[], { name, stoppedAt, now }: Of): Seen[] => {
  const newest = views.find(({ bot }) => bot === name)
  const fix = `Make one: /backup ${name}; or by time, with backup.schedule in its tbs.yaml`
  if (!newest) return [{ state: 'warn', found: `There is no backup of ${name}`, consequence: LOST, fix }]
  const holdsAll = stoppedAt !== null && newest.createdAt >= stoppedAt
  if (holdsAll || now - newest.createdAt < OLD_MS) return []
  return [
    {
      state: 'warn',
      found: `The newest backup of ${name} is ${days(now - newest.createdAt)} old`,
      consequence: LOST,
      fix,
    },
  ]
}

const readingOf = (views: readonly BackupView[], name: string, now: number): Seen[] => {
  const newest = views.find(({ bot }) => bot === name)
  const since = now - (newest?.checkedAt ?? newest?.createdAt ?? now)
  if (newest?.state !== 'good' || since < UNREAD_MS) return []
  const when = newest.checkedAt === null ? `was never read, in ${days(since)}` : `was last read ${days(since)} ago`
  return [
    {
      state: 'warn',
      found: `The newest backup of ${name} ${when}`,
      consequence: 'Whether it can be restored is not known',
      fix: `Read it: tbs-manager backup verify ${newest.id}`,
    },
  ]
}

const days = (ms: number): string => `${Math.floor(ms / DAY_MS)} days`
