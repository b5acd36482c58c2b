import type { Clock } from '../../deploy-engine/index.ts'

/** Delivers to one chat, one thing after the other, spaced out. What is said is made only when its turn comes. */
export type Lane = {
  /** `urgent`: does not wait for the spacing, only for a penalty. */
  add(item: number, options?: { urgent?: boolean }): void
  /** Resolves when nothing is being delivered; after the signal's abort nothing new is begun. */
  idle(): Promise<void>
}

export type LaneParts = {
  clock: Clock
  signal: AbortSignal
  /** Between two deliveries. */
  spacingMs: number
  /** Resolves with 0 when done, else with the ms after which to try it again. Never throws. */
  deliver(item: number): Promise<number>
}

export const openLane = (parts: LaneParts): Lane => {
  const queue: Queue = {
    ...parts,
    waiting: new Set(),
    urgent: new Set(),
    blockedUntil: 0,
    spacedUntil: 0,
    hurry: () => {},
  }
  let working: Promise<void> | undefined
  const work = async (): Promise<void> => {
    await workOff(queue)
    working = undefined
  }
  return {
    add: (item, options) => {
      queue.waiting.add(item)
      if (options?.urgent) queue.urgent.add(item)
      queue.hurry()
      working ??= work()
    },
    idle: async () => working,
  }
}

type Queue = LaneParts & {
  waiting: Set<number>
  urgent: Set<number>
  /** Until then Telegram is left alone. */
  blockedUntil: number
  spacedUntil: number
  /** Ends the pause that is being made, to look again. */
  hurry(): void
}

const workOff = async (queue: Queue): Promise<void> => {
  const { clock, signal, waiting, urgent } = queue
  while (waiting.size > 0 && !signal.aborted) {
    const until = Math.max(queue.blockedUntil, urgent.size > 0 ? 0 : queue.spacedUntil)
    if (clock.now() < until) {
      await pause(queue, until)
      continue
    }
    const [item = 0] = urgent.size > 0 ? urgent : waiting
    waiting.delete(item)
    urgent.delete(item)
    const retryMs = await queue.deliver(item)
    queue.spacedUntil = clock.now() + queue.spacingMs
    if (retryMs > 0) {
      queue.blockedUntil = clock.now() + retryMs
      waiting.add(item)
    }
  }
}

const pause = async (queue: Queue, until: number): Promise<void> => {
  const { clock, signal } = queue
  const early = new AbortController()
  const stop = () => early.abort()
  queue.hurry = stop
  signal.addEventListener('abort', stop, { once: true })
  await clock.sleep(until - clock.now(), early.signal).catch(() => {})
  signal.removeEventListener('abort', stop)
}
