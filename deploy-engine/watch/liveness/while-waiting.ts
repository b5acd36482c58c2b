import type { Look } from './look.ts'
import { isSilent, type Known, minutes, type Silence } from './silence.ts'
import { habitsOf, lastCall, lastEffort, lastFall, lastWait, latest, mayWait, measuresOf, talksMore } from './work.ts'

/** A handler of three minutes takes no update meanwhile, and needs a moment more. */
const SILENT_MS = 190_000
/** It may wait for somebody who takes long, behind TLS, or work off many updates with its database. */
const PATIENT_MS = 10 * 60_000
const PROBES = 4
/** Telegram tries again sooner. */
const DELIVERS_MS = 2 * 60_000

/** While updates wait: their number does not fall, and it neither works nor calls anybody. */
export const silenceWhileWaiting = ({ looks, counted, from }: Known): Silence => {
  const begins = counted.findLastIndex(({ pending }) => pending === 0) + 1
  const run = counted.slice(begins)
  const [first, last] = [run.at(0), run.at(-1)]
  if (!first || !last) return {}
  // What it began earlier it does not do for them.
  const began = counted[begins - 1]?.at ?? from
  // Who reaches Telegram through somebody else may call it there, on a connection that it always has.
  const habits = looks.some(hasApi) ? habitsOf(looks) : { ...habitsOf(looks), connected: NOBODY }
  const took = lastFall(run)
  const sign = last.webhook ? took : latest([took, lastEffort(run), lastCall(run, began), lastWait(run, began, habits)])
  // After a call it may have waited for the next update, which was there at that look.
  const seenAfter = sign && run.find(({ at }) => at >= sign.at)
  const silentSince = Math.max(from, seenAfter?.at ?? first.at)
  const silent = run.filter(({ at }) => at >= silentSince)
  const lately = silent.filter(({ at }) => at > last.at - SILENT_MS)
  const patient = !last.webhook && (mayWait(lately, began, habits) || talksMore(lately, habits))
  const deafAt = silentSince + (patient ? PATIENT_MS : SILENT_MS)
  const deaf = last.at >= deafAt && (last.webhook ? undelivered(silent, silentSince) : unmoved(silent, deafAt))
  return { sign, tookAt: took?.at, silentSince, deafAt, ...(deaf && { deaf }) }
}

const NOBODY: ReadonlySet<string> = new Set()

const hasApi = ({ network }: Look): boolean => network !== undefined && network.api.length + network.closed.length > 0

// That it still does nothing is seen by a probe, and holds until there is a sign.
const unmoved = (silent: readonly Look[], deafAt: number): string | undefined => {
  const [first, last] = [silent.at(0), silent.at(-1)]
  if (!first || !last) return undefined
  const probed = silent.filter(({ network }) => network)
  // Where the kernel does not tell of connections, who sends nothing calls nobody.
  const blind = probed.length === 0 && silent.filter(({ blind }) => blind).length >= PROBES && sentNothing(silent)
  if (!blind && (probed.length < PROBES || (probed.at(-1)?.at ?? 0) < deafAt)) return undefined
  const waited = `${countOf(last)} waited for ${minutes(last.at - first.at)}`
  return `It runs, but takes no updates: ${waited}, and it does nothing`
}

const undelivered = (silent: readonly Look[], since: number): string | undefined => {
  const last = silent.at(-1)
  const { lastErrorAt = 0, lastError = 'an error' } = last?.webhook ?? {}
  // A handler that takes longer than Telegram waits for its answer.
  if (!last || lastErrorAt <= since - DELIVERS_MS || /time(d )?\s?out/i.test(lastError)) return undefined
  const waited = `${countOf(last)} waited for ${minutes(last.at - since)}`
  return `Telegram can’t deliver to its webhook (${lastError}): ${waited}`
}

const sentNothing = (silent: readonly Look[]): boolean => {
  const measured = measuresOf(silent)
  const [first, last] = [measured.at(0), measured.at(-1)]
  return first !== undefined && last !== undefined && first !== last && isSilent(first, last)
}

const countOf = ({ pending = 0 }: Look): string => `${pending} ${pending === 1 ? 'has' : 'have'}`
