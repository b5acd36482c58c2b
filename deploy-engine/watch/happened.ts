import type { Container } from '../ports.ts'
import type { Observation } from '../records/observation.ts'

/** What became of a container between two looks at it. Times in ms since the epoch. */
export type Happening =
  | Exits
  /** Not running, and Docker leaves it so: somebody stopped or killed it, or it could not be started. */
  | { kind: 'stopped'; at: number; exitCode: number; error: string }
  /** Anew, without an exit of its own: by hand, or with Docker or the host. */
  | { kind: 'started'; at: number }
  | { kind: 'gone' }

export type Exits = {
  kind: 'exits'
  /** How many there were; more than one where looks were missed. */
  count: number
  /** Of the last one. */
  at: number
  /** Absent where Docker has forgotten it: it knows only that of a container which does not run. */
  exitCode?: number
  outOfMemory: boolean
  uptimeMs?: number
}

/**
 * The difference of two inspections. Exits that nobody asked for are what Docker counts as restarts: it counts at the
 * exit, and begins at 0 whenever the container is started from outside.
 */
export const happened = (seen: Observation, found: Container | undefined): Happening[] => {
  if (!found) return [{ kind: 'gone' }]
  const exits = exitsOf(seen, found)
  return [
    ...(wasStarted(seen, found) ? [{ kind: 'started' as const, at: found.startedAt }] : []),
    ...(exits ? [exits] : []),
    ...(isLeft(found) ? [stoppedOf(found)] : []),
  ]
}

// A restart by the policy has been counted at the exit before it.
const wasStarted = (seen: Observation, found: Container): boolean =>
  found.startedAt > seen.startedAt && (found.restarts < seen.restarts || found.restarts === 0)

/** On trial, without a policy, Docker neither restarts nor counts. */
const exitsOf = (seen: Observation, found: Container): Exits | undefined => {
  const count = found.restart === 'no' ? exitOnTrial(seen, found) : countOf(seen, found)
  if (count <= 0) return undefined
  const runs = found.running && !found.restarting
  // While it waits for its restart, or has ended, the start is still that of the run which has ended.
  const startedAt = runs ? (count === 1 ? seen.startedAt : undefined) : found.startedAt
  return {
    kind: 'exits',
    count,
    at: found.finishedAt,
    ...(!runs && { exitCode: found.exitCode }),
    outOfMemory: found.outOfMemory,
    ...(startedAt !== undefined && startedAt > 0 && { uptimeMs: Math.max(0, found.finishedAt - startedAt) }),
  }
}

const exitOnTrial = (seen: Observation, found: Container): number =>
  !found.running && found.finishedAt > seen.finishedAt ? 1 : 0

const countOf = (seen: Observation, found: Container): number => {
  if (found.restarts > seen.restarts) return found.restarts - seen.restarts
  // Counted anew since it was started from outside.
  return found.restarts < seen.restarts ? found.restarts : 0
}

const isLeft = (found: Container): boolean => !found.running && found.restart !== 'no' && found.startedAt > 0

const stoppedOf = ({ finishedAt, exitCode, error }: Container): Happening => ({
  kind: 'stopped',
  at: finishedAt,
  exitCode,
  error,
})
