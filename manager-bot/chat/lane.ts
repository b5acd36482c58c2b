import { type Clock, type Log, messageOf } from '../../deploy-engine/index.ts'
import { type Budget, PRIORITIES, type Priority } from './budget.ts'

/** One thing to bring to Telegram. */
export type Job = {
  priority: Priority
  /** Never throws. `sent`: Telegram was asked for something. `retryMs`: 0 when done, else when to try it again. */
  deliver(): Promise<Delivery>
}

export type Delivery = { sent: boolean; retryMs: number }

/** Delivers to one chat, one thing after the other, the most important first, within its budget. */
export type Lane = {
  /** There may be something to deliver. */
  wake(): void
  /** Resolves when nothing is being delivered; after the signal's abort nothing new is begun. */
  idle(): Promise<void>
}

export type LaneParts = {
  clock: Clock
  log: Log
  signal: AbortSignal
  budget: Budget
  /** Asked anew after each delivery and each waking, so that what is said is the newest. */
  sources: readonly (() => Promise<Job | undefined>)[]
}

const STUMBLE_MS = 5_000

export const openLane = (parts: LaneParts): Lane => {
  const state: State = { ...parts, woken: false, blockedUntil: 0, hurry: () => {} }
  let working: Promise<void> | undefined
  const work = async (): Promise<void> => {
    while (state.woken && !state.signal.aborted) await workOff(state).catch((error) => stumble(state, error))
    working = undefined
  }
  return {
    wake: () => {
      state.woken = true
      state.hurry()
      working ??= work()
    },
    idle: async () => working,
  }
}

type State = LaneParts & {
  /** Since the sources were asked last. */
  woken: boolean
  /** Until then Telegram is left alone. */
  blockedUntil: number
  /** Ends the pause that is being made, to look again. */
  hurry(): void
}

const workOff = async (state: State): Promise<void> => {
  const { clock, signal, budget } = state
  for (let job = await mostImportant(state); job && !signal.aborted; job = await mostImportant(state)) {
    const until = Math.max(state.blockedUntil, budget.freeAt(job.priority, clock.now()))
    if (clock.now() < until) {
      await pause(state, until)
      continue
    }
    const { sent, retryMs } = await job.deliver()
    if (sent) budget.spend(clock.now())
    state.blockedUntil = clock.now() + retryMs
  }
}

const mostImportant = async (state: State): Promise<Job | undefined> => {
  state.woken = false
  const jobs = await Promise.all(state.sources.map((next) => next()))
  return PRIORITIES.map((priority) => jobs.find((job) => job?.priority === priority)).find((job) => job !== undefined)
}

// The database can't be read or written: what is to be said is still there later.
const stumble = async (state: State, error: unknown): Promise<void> => {
  state.log.error({ err: error, reason: messageOf(error) }, 'what is to be said could not be read')
  await pause(state, state.clock.now() + STUMBLE_MS)
  state.woken = true
}

/** Ends early when there is news, and does not begin when there was some while the sources were asked. */
const pause = async (state: State, until: number): Promise<void> => {
  const { clock, signal } = state
  if (state.woken) return
  const early = new AbortController()
  const stop = () => early.abort()
  state.hurry = stop
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await clock.sleep(until - clock.now(), early.signal).catch(() => {})
  signal.removeEventListener('abort', stop)
}
