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

export const openLane = ({ clock, signal, spacingMs, deliver }: LaneParts): Lane => {
  const waiting = new Set<number>()
  const urgent = new Set<number>()
  let working: Promise<void> | undefined
  let blockedUntil = 0
  let spacedUntil = 0
  let hurry = () => {}

  const pause = async (until: number): Promise<void> => {
    const early = new AbortController()
    const stop = () => early.abort()
    hurry = stop
    signal.addEventListener('abort', stop, { once: true })
    await clock.sleep(until - clock.now(), early.signal).catch(() => {})
    signal.removeEventListener('abort', stop)
  }

  const work = async (): Promise<void> => {
    while (waiting.size > 0 && !signal.aborted) {
      const until = Math.max(blockedUntil, urgent.size > 0 ? 0 : spacedUntil)
      if (clock.now() < until) {
        await pause(until)
        continue
      }
      const [item = 0] = urgent.size > 0 ? urgent : waiting
      waiting.delete(item)
      urgent.delete(item)
      const retryMs = await deliver(item)
      spacedUntil = clock.now() + spacingMs
      if (retryMs > 0) {
        blockedUntil = clock.now() + retryMs
        waiting.add(item)
      }
    }
    working = undefined
  }

  return {
    add: (item, options) => {
      waiting.add(item)
      if (options?.urgent) urgent.add(item)
      hurry()
      working ??= work()
    },
    idle: async () => working,
  }
}
