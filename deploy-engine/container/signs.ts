import type { Sample } from './sample.ts'

type Sign = { at: number; evidence: string }

/** Telegram serves a poll at once when updates wait: 20 s is 20 looks, and far above a handler's usual time. */
const STUCK_MS = 20_000
/** Start-up traffic (getMe, deleteWebhook) is over by then, as a rule. */
export const SETTLED_MS = 4_000
/** Telegram answers no call but getUpdates this late; the slowest, an answer held back by its flood control, is 3 s. */
const OPEN_MS = 5_000
/** Seen open again after so long it is no single slow call. */
const CONFIRM_MS = 10_000
/** Two slow calls an hour apart are not one poll. */
const TOGETHER_MS = 35_000
/**
 * A bot that is written to all the time has no poll that is open for long, but asks anew between any two looks.
 * Telegram lets nobody send to a chat more often than every 3 s on average, so that one who only sends has gaps.
 */
const ASKING_LOOKS = 6
const NEXT_LOOK_MS = 6_000
/** Longer than the call which drops what waits, and shorter than any poll. */
const AFTER_FALL_MS = 1_000

/** First moment at which the samples prove that the bot takes its updates. Thresholds: docs/liveness.md. */
export const firstSign = (startedAt: number, samples: readonly Sample[]): Sign | undefined => {
  for (const [index, sample] of samples.entries()) {
    const before = samples.slice(0, index)
    const sign =
      consumed(startedAt, sample, before) ??
      endedPoll(sample, before) ??
      polls(sample, before) ??
      keepsAsking(sample, before) ??
      delivered(startedAt, sample)
    if (sign) return sign
  }
  return undefined
}

/** Waiting updates became fewer, if only once: it may have been their removal by `drop_pending_updates`. */
export const wasTaken = (samples: readonly Sample[]): boolean => fallsOf(samples).length > 0

/** Updates waited for 20 s, their number never fell, and Telegram was there all the time. */
export const isStuck = (samples: readonly Sample[]): boolean => {
  const answered = samples.slice(samples.findLastIndex(({ unanswered }) => unanswered) + 1)
  const counted = answered.filter((sample) => sample.pending !== undefined)
  const lastMove = counted.findLastIndex(
    ({ pending = 0 }, index) => pending === 0 || pending < (counted[index - 1]?.pending ?? 0),
  )
  const waiting = counted.slice(lastMove + 1)
  const [first, last] = [waiting.at(0), waiting.at(-1)]
  return first !== undefined && last !== undefined && last.at - first.at >= STUCK_MS
}

/** Why the bot must be called deaf, if so. By webhook that is only where Telegram says that it can't deliver. */
export const deafness = (startedAt: number, samples: readonly Sample[]): string | undefined => {
  if (!isStuck(samples)) return undefined
  const { pending = 0, webhook } = samples.findLast((sample) => sample.pending !== undefined) ?? {}
  const waiting = `${pending} ${pending === 1 ? 'has' : 'have'} waited for 20 s`
  if (!webhook) return `it runs but does not take its updates: ${waiting}`
  const { lastErrorAt = 0, lastError = 'an error' } = webhook
  // A handler that takes longer than Telegram waits for its answer.
  if (lastErrorAt <= startedAt || /time(d )?\s?out/i.test(lastError)) return undefined
  return `Telegram can’t deliver to its webhook (${lastError}): ${waiting}`
}

const fallsOf = (samples: readonly Sample[]): { at: number; taken: number }[] => {
  const counted = samples.flatMap(({ at, pending }) => (pending === undefined ? [] : [{ at, pending }]))
  return counted.flatMap(({ at, pending }, index) => {
    const taken = (counted[index - 1]?.pending ?? 0) - pending
    return taken > 0 ? [{ at, taken }] : []
  })
}

/** A fall in the first seconds may be a removal, so it needs a second one, or a poll that is open after it. */
const consumed = (startedAt: number, sample: Sample, before: readonly Sample[]): Sign | undefined => {
  const falls = fallsOf([...before, sample])
  const first = falls.at(0)
  if (!first || (sample.webhook && failedSince(startedAt, sample))) return undefined
  const settled = first.at - startedAt >= SETTLED_MS
  const asksOn = isOpen(sample) && sample.at - first.at >= AFTER_FALL_MS
  if (!settled && falls.length < 2 && !asksOn) return undefined
  const evidence = `took ${first.taken} waiting ${first.taken === 1 ? 'update' : 'updates'}`
  return { at: first.at, evidence }
}

/** A request was open while nothing waited, and was answered when something did: that is what getUpdates does. */
const endedPoll = ({ at, pending = 0, network }: Sample, before: readonly Sample[]): Sign | undefined => {
  const last = before.findLast((sample) => sample.network)
  if (!network || pending === 0 || !last || !isOpen(last) || at - last.at > CONFIRM_MS) return undefined
  const poll = last.network?.open.find(({ ms }) => ms >= OPEN_MS)
  const answered = poll && !network.asked.includes(poll.request)
  return answered ? { at, evidence: 'an update ended its open request to the Bot API' } : undefined
}

/** A request is open that only getUpdates can be, and one is again after a while. */
const polls = (sample: Sample, before: readonly Sample[]): Sign | undefined => {
  const first = before.find(
    (earlier) =>
      sample.at - earlier.at <= TOGETHER_MS && isOpen(earlier) && earlier.network?.open.some(({ ms }) => ms >= OPEN_MS),
  )
  if (!first || sample.at - first.at < CONFIRM_MS) return undefined
  const same = first.network?.open.some(({ request }) => sample.network?.asked.includes(request))
  if (!isOpen(sample) && !(same && sample.pending === 0)) return undefined
  return { at: first.at, evidence: 'waits for updates with an open request to the Bot API' }
}

const keepsAsking = (sample: Sample, before: readonly Sample[]): Sign | undefined => {
  const looks = [...before, sample].filter(({ network }) => network).slice(-ASKING_LOOKS)
  const [first, ...next] = looks
  if (!sample.network || !first || looks.length < ASKING_LOOKS || looks.some(({ pending }) => pending !== 0))
    return undefined
  const always = next.every((look, index) => isOpen(look) || hasAskedAnew(look, looks[index]))
  return always ? { at: first.at, evidence: 'keeps asking the Bot API, and no update waits' } : undefined
}

const hasAskedAnew = (now: Sample, last: Sample | undefined): boolean =>
  last !== undefined &&
  now.at - last.at <= NEXT_LOOK_MS &&
  (now.network?.asked.some((request) => !last.network?.asked.includes(request)) ?? false)

// While updates wait an open request is something else.
const isOpen = ({ pending, network }: Sample): boolean => pending === 0 && (network?.open.length ?? 0) > 0

const delivered = (startedAt: number, sample: Sample): Sign | undefined => {
  const { at, webhook, pending, network } = sample
  if (!webhook || pending !== 0 || !network?.listens || at - startedAt < SETTLED_MS) return undefined
  return failedSince(startedAt, sample)
    ? undefined
    : { at, evidence: 'it listens, and no delivery to its webhook has failed' }
}

const failedSince = (startedAt: number, { webhook }: Sample): boolean => (webhook?.lastErrorAt ?? 0) > startedAt
