import type { Look } from './look.ts'
import { hasPolled, isMoving, POLL_MS } from './polls.ts'
import { isSilent, type Known, minutes, type Silence } from './silence.ts'
import { habitsOf, lastEffort, lastWait, latest, measuresOf } from './work.ts'

const SILENT_MS = 180_000
const PROBES = 3
const SPAN_MS = 45_000

/** While none wait: a version that used to poll has no connection to the Bot API on which anything moves. */
export const silenceWhenQuiet = ({ looks, counted, from, polled }: Known): Silence => {
  const begins = counted.findLastIndex(({ pending = 0 }) => pending > 0) + 1
  const run = counted.slice(begins)
  const last = run.at(-1)
  const tookAt = begins > 0 ? run.at(0)?.at : undefined
  const probed = run.filter(({ network }) => network)
  const still = probed.slice(probed.findLastIndex(isMoving) + 1)
  const [firstStill, lastStill] = [still.at(0), still.at(-1)]
  const moving = probed.findLast(isMoving)
  const moved = moving && { at: moving.at, what: 'was connected to the Bot API' }
  const took = tookAt === undefined ? undefined : { at: tookAt, what: 'took an update' }
  if (!last || last.webhook || !polled || !firstStill || !lastStill || !hasPolled(looks)) {
    return { sign: latest([took, moved]), tookAt }
  }
  const habits = habitsOf(looks.filter(({ at }) => at < firstStill.at))
  const busy = latest([lastEffort(run), lastWait(run, from, habits)])
  const quietSince = Math.min(stillSince(firstStill, moving), quietFrom(run) + POLL_MS)
  const silentSince = Math.max(quietSince, from, tookAt ?? 0, busy?.at ?? 0)
  const deafAt = Math.max(silentSince + SILENT_MS, firstStill.at + SPAN_MS)
  const enough = still.length >= PROBES && last === lastStill
  const since = minutes(last.at - silentSince)
  const deaf = enough && last.at >= deafAt && `It runs, but has not asked Telegram for updates for ${since}`
  return { sign: latest([took, moved, busy]), tookAt, silentSince, deafAt, ...(deaf && { deaf }) }
}

// If what moved before still stands, the kernel knows since when nothing does.
const stillSince = ({ at, network }: Look, moving: Look | undefined): number => {
  const stands = network?.api ?? []
  const before = moving?.network?.api ?? []
  const known = before.length > 0 && before.every(({ port }) => stands.some((one) => one.port === port))
  return known ? at - Math.min(...stands.map(({ quietMs }) => quietMs)) : at
}

const quietFrom = (run: readonly Look[]): number => {
  const { from } = silentSpan(run) ?? {}
  return from ?? Number.POSITIVE_INFINITY
}

/** The time, up to when it was measured last, in which it sent next to nothing. */
export const silentSpan = (run: readonly Look[]): { from: number; to: number } | undefined => {
  const measured = measuresOf(run)
  const last = measured.at(-1)
  const first = last && measured.find((one) => isSilent(one, last))
  return first && last && { from: first.at, to: last.at }
}
