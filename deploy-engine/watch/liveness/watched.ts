import type { Judged } from './judge-liveness.ts'
import type { Look } from './look.ts'
import type { Again } from './look-again.ts'
import { isMoving } from './polls.ts'

/** What is remembered of a bot that is watched, as long as one container is its active version. */
export type Watched = {
  container: string
  /** Oldest first. */
  looks: Look[]
  /** Looks since it is watched; not all of them are kept. */
  taken: number
  again: Again
  judged?: Judged
  /** Since when it was seen to be well, without a break. */
  fineSince?: number
  /** When it was found to be deaf, in the last life in which it was, and since when it had been silent. */
  fell?: { life: number; at: number; since: number }
  logReadAt: number
}

export const newWatched = (container: string, at: number): Watched => ({
  container,
  looks: [],
  taken: 0,
  again: { at, probe: 'no', usage: false },
  logReadAt: at,
})

/** Longer than any decision takes. */
const KEPT_MS = 12 * 60_000
/** How it is when nothing waits. */
const KEPT_QUIET = 12
const KEPT_LOOKS = 240

/** Adds a look and forgets what no decision needs any more. */
export const remember = (watched: Watched, look: Look): void => {
  const isOld = ({ at }: Look) => at < look.at - KEPT_MS
  const quiet = watched.looks.filter(isOld).filter(({ pending, network }) => pending === 0 && network)
  // Before it fell silent, if it did.
  const well = quiet.slice(0, quiet.findLastIndex(isMoving) + 1)
  const young = watched.looks.filter((one) => !isOld(one)).slice(1 - KEPT_LOOKS)
  watched.looks = [...(well.length > 0 ? well : quiet).slice(-KEPT_QUIET), ...young, look]
  watched.taken += 1
}

/** So long it has to be well until that is said. */
const FINE_MS = 10 * 60_000

export const isFine = ({ fineSince }: Watched, now: number): boolean =>
  fineSince !== undefined && now - fineSince >= FINE_MS

/** Writes down that it is deaf. */
export const fall = (watched: Watched, { at, startedAt }: Look): void => {
  if (watched.fell?.life === startedAt) return
  watched.fell = { life: startedAt, at, since: watched.judged?.silentSince ?? at }
}

const SUSPECT_MS = 60_000
const REMEMBERED_MS = 15 * 60_000

/** Since when it is silent, or was, if it was found to be deaf a while ago. */
export const silentSince = ({ judged, fell, looks }: Watched, now: number): number | undefined => {
  const isStill = judged?.state === 'deaf' && fell?.life === looks.at(-1)?.startedAt
  if (fell && (isStill || now - fell.at <= REMEMBERED_MS)) return fell.since
  const since = judged?.silentSince
  return since !== undefined && now - since >= SUSPECT_MS ? since : undefined
}
