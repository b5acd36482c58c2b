import type { FastClock } from './fast-clock.ts'

/** The machine's time, which can be made to leap: whoever waits for a time in between is woken, in order. */
export type LeapClock = FastClock & { leap(ms: number): void }

type Sleeper = { at: number; ring: () => void; timer: NodeJS.Timeout }

export const leapClock = (): LeapClock => {
  const sleepers = new Set<Sleeper>()
  let ahead = 0
  const now = () => Date.now() + ahead
  const after = (ms: number, wake: () => void): (() => void) => {
    const forget = () => {
      clearTimeout(sleeper.timer)
      sleepers.delete(sleeper)
    }
    const ring = () => {
      forget()
      wake()
    }
    const sleeper: Sleeper = { at: now() + ms, ring, timer: setTimeout(ring, ms).unref() }
    sleepers.add(sleeper)
    return forget
  }
  return {
    engine: {
      now,
      elapsed: now,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason)
          const stop = after(ms, () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          })
          const abort = () => {
            stop()
            reject(signal?.reason)
          }
          signal?.addEventListener('abort', abort, { once: true })
        }),
    },
    sandbox: { now, after },
    leap: (ms) => {
      ahead += ms
      for (const sleeper of [...sleepers].sort((a, b) => a.at - b.at)) {
        clearTimeout(sleeper.timer)
        if (sleeper.at <= now()) sleeper.ring()
        else sleeper.timer = setTimeout(sleeper.ring, sleeper.at - now()).unref()
      }
    },
  }
}
