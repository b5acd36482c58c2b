import { setTimeout as sleepReally, setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../deploy-engine/ports.ts'

export type VirtualClock = Clock & {
  /** Calls `what` when that much time has passed; the result takes it back. */
  after(ms: number, what: () => void): () => void
  /** Marks work of the real world, such as a query: no time passes until it is done. */
  during<T>(work: Promise<T>): Promise<T>
  /** Lets time pass until the promise is settled, which is given back; fails when that takes longer than `limitMs`. */
  until<T>(promise: Promise<T>, limitMs: number): Promise<T>
  pass(ms: number): Promise<void>
  /** Sets the wall clock forward, or back, while no time passes. */
  jump(ms: number): void
}

type Timer = { at: number; ring: () => void }

const BEGIN = Date.UTC(2026, 0, 1)
const PATIENCE_TURNS = 500
const TURN_MS = 10

/** Time that only passes while it is waited for, and then at once: from one timer to the next. */
export const virtualClock = (): VirtualClock => {
  const timers: Timer[] = []
  let now = BEGIN
  let jumped = 0
  let busy = 0
  let whenIdle = () => {}

  const after: VirtualClock['after'] = (ms, ring) => {
    const timer = { at: now + Math.max(0, ms), ring }
    const place = timers.findIndex(({ at }) => at > timer.at)
    timers.splice(place < 0 ? timers.length : place, 0, timer)
    return () => {
      const index = timers.indexOf(timer)
      if (index >= 0) timers.splice(index, 1)
    }
  }

  // Everybody waits for a timer once no real work is left and a turn of the event loop has brought none.
  const everybodyWaits = async () => {
    await turn()
    while (busy > 0) {
      await new Promise<void>((resolve) => {
        whenIdle = resolve
      })
      await turn()
    }
  }

  const until = async <T>(promise: Promise<T>, limitMs: number): Promise<T> => {
    const limit = now + limitMs
    let settled = false
    const settle = () => {
      settled = true
    }
    promise.then(settle, settle)
    let turnsInVain = 0
    for (await everybodyWaits(); !settled; await everybodyWaits()) {
      const next = timers.shift()
      if (!next) {
        // Real work that nobody marked, on a busy machine: a file that is written, say.
        if (turnsInVain++ > PATIENCE_TURNS) throw new Error('nobody waits for a time any more, and yet it is not done')
        await sleepReally(TURN_MS)
        continue
      }
      turnsInVain = 0
      if (next.at > limit) throw new Error(`not done after ${limitMs} ms`)
      now = next.at
      next.ring()
    }
    return promise
  }

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const forget = after(ms, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      const abort = () => {
        forget()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
    })

  return {
    now: () => now + jumped,
    elapsed: () => now - BEGIN,
    sleep,
    after,
    during: (work) => {
      busy += 1
      return work.finally(() => {
        busy -= 1
        if (busy === 0) whenIdle()
      })
    },
    until,
    pass: (ms) => until(sleep(ms), ms),
    jump: (ms) => {
      jumped += ms
    },
  }
}
