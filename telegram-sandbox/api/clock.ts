/** Runs something after some milliseconds; the result takes it back. */
export type After = (ms: number, run: () => void) => () => void

/** The sandbox's time: milliseconds since 1970, and whatever waits. */
export type Clock = { now: () => number; after: After }

/** Timers of the machine. What still waits when `closing` aborts is run no more. */
export const realClock = (now: () => number, closing: AbortSignal): Clock => {
  const running = new Set<NodeJS.Timeout>()
  closing.addEventListener('abort', () => {
    for (const timer of running) clearTimeout(timer)
  })
  const after: After = (ms, run) => {
    const timer = setTimeout(() => {
      running.delete(timer)
      run()
    }, ms)
    running.add(timer)
    return () => {
      clearTimeout(timer)
      running.delete(timer)
    }
  }
  return { now, after }
}
