import { backUpState } from '../operations/backups/backup-state.ts'
import { requestOperation } from '../operations/request.ts'
import type { Engine } from '../ports.ts'
import { backupsOf } from '../records/backup.ts'
import { lastDue } from '../source/cron.ts'
import { within } from '../within.ts'
import { type Due, dueBackups, keysOf, TRIES } from './backup-due.ts'
import { bringElsewhere } from './bring-elsewhere.ts'
import { checkInTurn } from './check-in-turn.ts'

const EVERY_MS = 30_000
const AGAIN_AFTER_MS = 30 * 60_000

export type BackupsWatch = { enqueue(operation: number): Promise<void>; signal: AbortSignal }

/**
 * Asks for the backups that tbs.yaml wants, brings finished ones elsewhere and reads the newest once a week, until the
 * signal aborts. Each moment of a schedule counts once, also over restarts; of those that were missed only the last is
 * caught up.
 */
export const watchBackups = async (engine: Engine, { enqueue, signal }: BackupsWatch): Promise<void> => {
  const again = async (work: () => Promise<void>) => {
    while (!signal.aborted) {
      await work().catch((err) => {
        if (!signal.aborted) engine.log.error({ err }, 'looking after backups failed')
      })
      await engine.clock.sleep(EVERY_MS, signal).catch(() => undefined)
    }
  }
  const ask = async () => {
    for (const due of await dueBackups(engine)) await askFor(engine, due, enqueue)
  }
  // What takes long must not keep the others from their time.
  let notBefore = 0
  const own = async () => {
    if (engine.clock.elapsed() < notBefore) return
    notBefore = engine.clock.elapsed() + AGAIN_AFTER_MS
    await backUpDaily(engine, signal)
    notBefore = 0
  }
  const elsewhere = () => bringElsewhere(engine, signal)
  await Promise.all([again(ask), again(own), again(elsewhere), again(checkInTurn(engine, signal))])
}

/** Of the manager itself. */
const DAILY = '30 4 * * *'

const backUpDaily = async (engine: Engine, signal: AbortSignal): Promise<void> => {
  const { database, clock, settings } = engine
  const [newest] = await backupsOf(database.read, null)
  const due = lastDue(DAILY, { at: clock.now(), timezone: settings.timezone })
  if ((newest?.createdAt ?? 0) < due) await within(signal, (own) => backUpState(engine, 'schedule', own))
}

const askFor = async (engine: Engine, due: Due, enqueue: BackupsWatch['enqueue']): Promise<void> => {
  const { bot, at, tries, isMade } = due
  if (!isToBeTried(due, engine.clock.now()) || (isMade && tries.length === 0)) return
  const requestKey = keysOf(bot, at)[tries.length] ?? ''
  const { operation } = await requestOperation(engine, {
    bot: bot.name,
    kind: 'backup',
    args: { scheduled: at },
    requestedBy: 'manager',
    requestKey,
  })
  await enqueue(operation.id)
}

// Whoever cancelled it did not want it.
const isToBeTried = ({ tries }: Due, now: number): boolean => {
  const last = tries.at(-1)
  if (!last) return true
  return last.state === 'failed' && tries.length < TRIES && now - (last.endedAt ?? now) >= AGAIN_AFTER_MS
}
