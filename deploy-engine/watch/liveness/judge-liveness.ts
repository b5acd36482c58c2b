import type { Liveness } from '../../liveness.ts'
import type { Look } from './look.ts'
import type { Silence } from './silence.ts'
import { silenceWhenQuiet } from './when-quiet.ts'
import { silenceWhileWaiting } from './while-waiting.ts'

export type Judged = Liveness & {
  /** Since when nothing was seen that a deaf bot does not show, too; absent: it is beyond doubt. */
  silentSince?: number
  /** When it is called deaf, if that goes on. */
  deafAt?: number
}

/** What others may know of it. */
export const shown = ({ silentSince: _, deafAt: __, ...liveness }: Judged): Liveness => liveness

/** Two refusals within a minute may be a slip of Telegram's. */
const REFUSED_MS = 55_000
/** Whoever took updates in that time is at it. */
const JUST_MS = 2 * 60_000
/** Any bot needs a moment. */
const MOMENT_MS = 60_000

/**
 * Judges an active version by a series of looks, oldest first; undefined: there is none. `polled`: the version was
 * seen to take its updates at some time. Thresholds: docs/liveness.md.
 */
export const judgeLiveness = (looks: readonly Look[], { polled }: { polled: boolean }): Judged | undefined => {
  const last = looks.at(-1)
  if (!last) return undefined
  const life = looks.filter(({ startedAt }) => startedAt === last.startedAt)
  const back = endOfOutage(life)
  const answered = upToAnAnswer(life.slice(back))
  const asked = answered.at(-1)
  if (!asked) return { state: 'unknown', at: last.at }
  const { at, pending = 0 } = asked
  if (asked.refused) return { state: isRefused(answered) ? 'refused' : 'unknown', at }
  const counted = answered.filter((look) => look.pending !== undefined)
  const from = back === 0 ? last.startedAt : (counted[0]?.at ?? at)
  const silence = (pending > 0 ? silenceWhileWaiting : silenceWhenQuiet)({ looks, counted, from, polled })
  const { sign, deaf, silentSince, deafAt } = silence
  return {
    state: deaf !== undefined ? 'deaf' : isUsedElsewhere(life) ? 'elsewhere' : stateOf(counted, silence, polled),
    at,
    waiting: pending,
    ...(sign && { sign }),
    ...(silentSince !== undefined && { silentSince }),
    ...(deafAt !== undefined && { deafAt }),
    ...(deaf !== undefined && { found: deaf }),
  }
}

// One answer that got lost is no outage.
const endOfOutage = (life: readonly Look[]): number =>
  life.findLastIndex((look, index) => look.unanswered && life[index - 1]?.unanswered) + 1

// Where one answer got lost, what else was seen counts: if none waited before and after, none did, and so on.
const upToAnAnswer = (looks: readonly Look[]): Look[] => {
  const last = looks.findLastIndex(({ unanswered }) => !unanswered)
  return looks.slice(0, last + 1).map((look, index) => {
    const [before, after] = [looks[index - 1]?.pending, looks[index + 1]?.pending]
    const isSame = before !== undefined && after !== undefined && (before === 0) === (after === 0)
    return look.unanswered && isSame ? { ...look, pending: before } : look
  })
}

const isRefused = (answered: readonly Look[]): boolean => {
  const since = answered.slice(answered.findLastIndex(({ refused, unanswered }) => !refused && !unanswered) + 1)
  const [first, last] = [since.at(0), since.at(-1)]
  return first !== undefined && last !== undefined && last.at - first.at >= REFUSED_MS
}

const stateOf = (counted: readonly Look[], { tookAt = 0 }: Silence, polled: boolean): Liveness['state'] => {
  const last = counted.at(-1)
  if (!last) return 'unknown'
  if (last.at - tookAt <= JUST_MS) return 'working'
  if (last.pending === 0) return polled ? 'idle' : 'unproven'
  const waits = counted.slice(counted.findLastIndex(({ pending }) => pending === 0) + 1)
  return last.at - (waits[0]?.at ?? last.at) <= MOMENT_MS ? 'working' : 'busy'
}

// The poll of a version that was just replaced conflicts once or twice.
const isUsedElsewhere = (looks: readonly Look[]): boolean => {
  const read = looks.flatMap(({ conflicts }) => conflicts ?? [])
  return read.length >= 2 && read.slice(-2).every((lines) => lines > 0)
}
