import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../deploy-engine/index.ts'
import type { Clock as SandboxClock } from '../../telegram-sandbox/index.ts'

export type FastClock = { engine: Clock; sandbox: SandboxClock }

/** The same time for both, which passes so many times as fast as the machine's. */
export const fastClock = (times: number): FastClock => {
  const began = Date.now()
  const now = () => began + (Date.now() - began) * times
  return {
    engine: {
      now,
      elapsed: () => performance.now() * times,
      sleep: (ms, signal) => sleep(ms / times, undefined, signal ? { signal } : {}),
    },
    sandbox: {
      now,
      after: (ms, run) => {
        const timer = setTimeout(run, ms / times).unref()
        return () => clearTimeout(timer)
      },
    },
  }
}
