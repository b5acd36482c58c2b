import type { Clock } from './ports.ts'

/**
 * Milliseconds until the clock's next multiple of `everyMs`, a tenth of that at least. What waits so wakes together
 * with the rest: a process that does next to nothing spends most of its time on waking up.
 */
export const untilTick = ({ elapsed }: Pick<Clock, 'elapsed'>, everyMs: number): number => {
  const now = elapsed()
  return Math.ceil(Math.ceil((now + everyMs / 10) / everyMs) * everyMs - now)
}
