import type { Daemon } from './daemon.ts'
import { unreachable } from './refused.ts'

/** How a client reaches the daemon: each call takes its time, and is lost when the daemon goes away. */
export type Call = <T>(effect: (daemon: Daemon, lost: AbortSignal) => T | Promise<T>, ms?: number) => Promise<T>

const CALL_MS = 5

/** `gone` aborts when the client's process dies: from then on nothing of it reaches the daemon. */
export const callsOf =
  (daemon: Daemon, gone: AbortSignal): Call =>
  async (effect, ms = CALL_MS) => {
    if (!daemon.session) throw unreachable()
    const { signal } = daemon.session
    await daemon.clock.sleep(ms, signal)
    if (gone.aborted) return never()
    const result = effect(daemon, signal)
    return result instanceof Promise ? unlessLost(result, signal) : result
  }

const unlessLost = async <T>(result: Promise<T>, signal: AbortSignal): Promise<T> => {
  let lose = () => {}
  const lost = new Promise<never>((_, reject) => {
    lose = () => reject(signal.reason)
  })
  signal.addEventListener('abort', lose)
  try {
    return await Promise.race([result, lost])
  } finally {
    signal.removeEventListener('abort', lose)
  }
}

export const never = (): Promise<never> => new Promise(() => {})
