import type { Engine } from '../ports.ts'
import { backupsOf } from '../records/backup.ts'
import { allBots } from '../records/bot.ts'
import { type Due, dueBackups } from './backup-due.ts'
import type { Finding } from './host-findings.ts'

/** How long a backup may take, with what waits before it. */
const PATIENCE_MS = 2 * 3600_000
/** Of the manager itself: a day, and that. */
const OWN_MS = 26 * 3600_000

/** Nothing of it changes from one look at the host to the next. */
const EVERY_MS = 60_000

export const lookAtBackups = (engine: Engine): (() => Promise<Finding>) => {
  let last: { at: number; finding: Finding } | undefined
  return async () => {
    const at = engine.clock.elapsed()
    if (!last || at - last.at >= EVERY_MS) last = { at, finding: await findingOf(engine) }
    return last.finding
  }
}

const findingOf = async (engine: Engine): Promise<Finding> => {
  const now = engine.clock.now()
  const finding = backupFinding(await dueBackups(engine), now)
  return finding.state === 'good' ? ((await ownOverdue(engine, now)) ?? finding) : finding
}

const ownOverdue = async ({ database: { read } }: Engine, now: number): Promise<Finding | undefined> => {
  const [newest] = await backupsOf(read, null)
  const since = newest?.createdAt ?? Math.min(now, ...(await allBots(read)).map(({ createdAt }) => createdAt))
  if (now - since < OWN_MS) return undefined
  const hint = 'See the log of the manager, then try it: /backup host'
  return { state: 'bad', found: 'The backup of the manager itself is overdue', hint }
}

/** Bad while a bot's backup by schedule has failed, or does not come about; good again once there is one. */
export const backupFinding = (dues: readonly Due[], now: number): Finding => {
  const missing = dues.filter(
    (due) => !due.isMade && (failureOf(due) !== undefined || now - askedAt(due) > PATIENCE_MS),
  )
  const [first] = missing
  if (!first) return { state: 'good', found: 'every backup by schedule is there' }
  const names = missing.map(({ bot }) => bot.name)
  const failure = missing.length === 1 ? failureOf(first) : undefined
  const what = failure === undefined ? 'is overdue' : `has failed: ${failure}`
  const found =
    missing.length === 1
      ? `The backup of ${first.bot.name} by its schedule ${what}`
      : `Backups by schedule are overdue or have failed: ${names.join(', ')}`
  return { state: 'bad', found, hint: `See /backups, then try it: /backup ${first.bot.name}` }
}

const askedAt = ({ at, tries }: Due): number => tries.at(-1)?.createdAt ?? at

const failureOf = ({ tries }: Due): string | undefined => {
  const last = tries.at(-1)
  return last?.state === 'failed' ? (last.outcome?.error?.message ?? 'the reason was not recorded') : undefined
}
