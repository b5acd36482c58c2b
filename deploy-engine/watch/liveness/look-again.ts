import type { Judged } from './judge-liveness.ts'
import type { Look } from './look.ts'
import { hasHungUp, hasPolled } from './polls.ts'
import { silentSpan } from './when-quiet.ts'

/** When a bot is looked at next, and with how much. */
export type Again = {
  at: number
  /** urgent: there is a doubt that only its connections settle. spare: when nothing else is to be probed. */
  probe: 'urgent' | 'spare' | 'no'
  /** What it takes is measured for it. */
  usage: boolean
}

export type Circumstances = {
  /** Between two looks at a bot that is beyond doubt. */
  everyMs: number
  /** It was never seen to take its updates: what is done then is decided within seconds. */
  unproven: boolean
  /** Looks since it became active. */
  taken: number
  /** It is said to be deaf: the end of that is to be seen. */
  reported: boolean
}

const UNPROVEN_MS = 3_000
/** The first two minutes are looked at in full: if it is busy, it shows then. */
const UNPROVEN_PROBED = 40
const UNPROVEN_PROBE_EVERY = 3

const LOST_MS = 3_000
const LOST_LONGEST_MS = 20_000
const REFUSED_MS = 60_000
const FIRST_DOUBT_MS = 15_000
const WAITING_MS = 30_000
const QUIET_MS = 20_000
const PROBE_MS = 70_000
const LEARN_MS = 35_000
const SILENT_MS = 55_000
/** Whoever is beyond doubt is looked at with others: a question costs far more after a pause than beside them. */
const TOGETHER_MS = 5_400

/** A moment not later than the given one, the same for all whose moments are near. */
export const withOthers = (at: number): number => at - (at % TOGETHER_MS)

/** Cheap looks as long as they leave no doubt. */
export const lookAgain = (looks: readonly Look[], judged: Judged, given: Circumstances): Again => {
  const last = looks.at(-1)
  if (!last) return { at: 0, probe: 'no', usage: false }
  if (given.unproven) return whileUnproven(last, given)
  if (last.unanswered) return asIfAnswered(looks, judged)
  if (last.refused) return { at: last.at + REFUSED_MS, probe: 'no', usage: false }
  return doubtful(last, judged) ?? beyondDoubt(looks, last, given)
}

const whileUnproven = ({ at }: Look, { taken }: Circumstances): Again => ({
  at: at + UNPROVEN_MS,
  probe: taken < UNPROVEN_PROBED || taken % UNPROVEN_PROBE_EVERY === 0 ? 'urgent' : 'no',
  usage: false,
})

// It is the look that was to be, once more.
const asIfAnswered = (looks: readonly Look[], { silentSince }: Judged): Again => {
  const at = looks.at(-1)?.at ?? 0
  const lost = looks.length - 1 - looks.findLastIndex(({ unanswered }) => !unanswered)
  const doubt = silentSince !== undefined
  return { at: at + Math.min(LOST_MS * lost, LOST_LONGEST_MS), probe: doubt ? 'urgent' : 'no', usage: doubt }
}

// The look that decides comes when it is time for it.
const doubtful = ({ at, pending = 0, webhook }: Look, judged: Judged): Again | undefined => {
  const { silentSince, deafAt, state } = judged
  if (silentSince === undefined || deafAt === undefined || state === 'deaf') return undefined
  if (pending > 0 && at - silentSince < FIRST_DOUBT_MS) return { at: at + FIRST_DOUBT_MS, probe: 'no', usage: true }
  const usual = at + (pending > 0 ? WAITING_MS : QUIET_MS)
  const next = at < deafAt ? Math.min(usual, deafAt) : usual
  return { at: next, probe: webhook ? 'no' : 'urgent', usage: true }
}

const beyondDoubt = (looks: readonly Look[], last: Look, { everyMs, reported }: Circumstances): Again => {
  const { at, startedAt, webhook } = last
  const life = looks.filter((look) => look.startedAt === startedAt)
  const sinceProbe = at - (life.findLast(({ network, blind }) => network ?? blind)?.at ?? 0)
  const next = { at: withOthers(at + everyMs), usage: false }
  if (webhook) return { ...next, probe: 'no' }
  if (reported) return { ...next, usage: true, probe: 'urgent' }
  const polls = hasPolled(looks)
  if (polls && hasHungUp(life)) return { at: at + QUIET_MS, usage: true, probe: 'urgent' }
  const { from = 0, to = 0 } = silentSpan(life) ?? {}
  if (polls && to - from >= SILENT_MS && sinceProbe >= PROBE_MS)
    return { at: at + LOST_MS, usage: true, probe: 'urgent' }
  return { ...next, probe: sinceProbe + everyMs > (polls ? PROBE_MS : LEARN_MS) ? 'spare' : 'no' }
}
