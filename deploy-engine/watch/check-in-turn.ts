import { messageOf, TbsError } from '../error.ts'
import { verifyBackup } from '../operations/restores/verify-backup.ts'
import type { Engine } from '../ports.ts'
import { allBackups, type Backup } from '../records/backup.ts'
import { within } from '../within.ts'
import { checkDue } from './check-due.ts'

/** From the beginning of one to that of the next, and before the first: a server that starts has other things to do. */
const BETWEEN_MS = 15 * 60_000
const LOOK_MS = 1000

/**
 * To be called again and again: each time one backup at most is read as a whole, of the bot whose turn it is. It is
 * given up as soon as an operation begins, and cut off in any way it is done again: nothing is kept but its end.
 */
export const checkInTurn = (engine: Engine, signal: AbortSignal): (() => Promise<void>) => {
  const { clock } = engine
  let notBefore = clock.elapsed() + BETWEEN_MS
  let last: Backup['botName'] | undefined
  return async () => {
    if (clock.elapsed() < notBefore || isAtWork(engine)) return
    const next = await nextToCheck(engine, last)
    if (!next) return
    notBefore = clock.elapsed() + BETWEEN_MS
    last = next.botName
    await within(signal, (own) => whileIdle(engine, own, (idle) => check(engine, next, idle)))
  }
}

// One that is cut off each time must not keep the others from their turn.
const nextToCheck = async (
  { database, clock }: Engine,
  before: Backup['botName'] | undefined,
): Promise<Backup | undefined> => {
  const all = await allBackups(database.read)
  const due = [...new Set(all.map(({ botName }) => botName))].flatMap((name) => {
    const backups = all.filter(({ botName }) => botName === name)
    const next = checkDue(backups, clock.now())
    const readAt = name === before ? Number.POSITIVE_INFINITY : Math.max(...backups.map(timeOfReading))
    return next ? [{ next, readAt }] : []
  })
  return due.toSorted((one, other) => one.readAt - other.readAt || one.next.id - other.next.id)[0]?.next
}

const timeOfReading = ({ checkedAt }: Backup): number => checkedAt ?? 0

const isAtWork = ({ running }: Engine): boolean => running.controllers.size > 0

class AtWork extends Error {}

/** Aborts what is done when an operation begins: that may freeze a bot until its data is copied from the same disk. */
const whileIdle = async (
  engine: Engine,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const idle = new AbortController()
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const looking = async () => {
    while (!isAtWork(engine)) await engine.clock.sleep(LOOK_MS, until)
    idle.abort(new AtWork())
  }
  const looks = looking().catch(() => undefined)
  try {
    await work(AbortSignal.any([signal, idle.signal]))
  } catch (error) {
    if (!(error instanceof AtWork)) throw error
  } finally {
    over.abort()
    await looks
  }
}

const check = async (engine: Engine, { id, botName, file }: Backup, signal: AbortSignal): Promise<void> => {
  const about = { backup: id, bot: botName, file }
  try {
    await verifyBackup(engine, id, signal)
    engine.log.info(about, 'a backup was read as a whole: it is good')
  } catch (error) {
    signal.throwIfAborted()
    // Told of by a finding. What is no refusal may be a fault of ours.
    if (error instanceof TbsError) engine.log.warn({ ...about, error: messageOf(error) }, 'a backup can’t be restored')
    else engine.log.error({ ...about, err: error }, 'a backup could not be read')
  }
}
