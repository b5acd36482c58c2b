import type { IncidentKind } from '../records/incident.ts'

/** What exits of a bot come to; one incident turns from one into another. */
export const EXIT_KINDS: readonly IncidentKind[] = ['crash', 'crash_loop', 'out_of_memory']

/** Of so many exits the times are kept. */
const KEPT_EXITS = 20
const LOOP_EXITS = 5
const LOOP_WITHIN_MS = 10 * 60_000
/** Three exits of a bot that dies at its start take 0.9 s: counting alone would be wrong. */
const LOOP_SPAN_MS = 2 * 60_000
const TRIES_MS = [1, 5, 15, 60].map((minutes) => minutes * 60_000)

/** So long has a bot to run for its problem to be over. */
export const FINE_AFTER_MS = 10 * 60_000

export const withExit = (exits: readonly number[] = [], at: number): number[] => [...exits, at].slice(-KEPT_EXITS)

/** At least 5 exits within 10 minutes, the first and the last of them at least 2 minutes apart. */
export const isCrashLoop = (exits: readonly number[]): boolean => {
  const last = exits.at(-1) ?? 0
  const recent = exits.filter((at) => at > last - LOOP_WITHIN_MS)
  return recent.length >= LOOP_EXITS && last - (recent[0] ?? last) >= LOOP_SPAN_MS
}

/** How long a bot that only crashes is left alone, by the tries that were made already. */
export const pauseMs = (tries: number): number => TRIES_MS[tries] ?? TRIES_MS.at(-1) ?? 0
