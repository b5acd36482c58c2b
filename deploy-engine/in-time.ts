import type { Clock } from './ports.ts'

const ANSWER_MS = 10_000

/** Fails when there is no answer within 10 s: a daemon that hangs takes connections and says nothing. */
export const inTime = async <T>(
  clock: Clock,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const over = new AbortController()
  const within = AbortSignal.any([signal, over.signal])
  const late = clock.sleep(ANSWER_MS, within).then((): never => {
    throw new Error(`no answer within ${ANSWER_MS / 1000} s`)
  })
  return Promise.race([ask(within), late]).finally(() => over.abort())
}
