import type { Look } from './look.ts'

/** What a bot was seen to do that a deaf one does not. */
export type Work = { at: number; what: string }

/** Less is a server that answers a health check, or a timer. */
const CPU = 0.02
/** Telegram answers what is no poll sooner; after that the other end is gone, and nobody has told this one. */
const API_ANSWERS_MS = 30_000
/** Models that think for long do it for so long. */
const OTHERS_ANSWER_MS = 10 * 60_000

/** Whom a bot talks to while no update waits: that is no sign that it works on one. */
export type Habits = {
  /** Addresses to which it has a connection, as a rule. */
  connected: ReadonlySet<string>
  /** Addresses of which it waits for an answer, as a rule: of a queue, say. */
  waiting: ReadonlySet<string>
  /** The most that it sends to an address, in bytes per second. */
  pace: ReadonlyMap<string, number>
}

export const habitsOf = (looks: readonly Look[]): Habits => {
  const quiet = looks.filter(({ pending, network }) => pending === 0 && network)
  const idle = quiet.flatMap(({ network }) => (network ? [network.others] : []))
  return {
    connected: usual(idle.map((others) => others.map(({ to }) => to))),
    waiting: usual(idle.map((others) => others.flatMap(({ to, waitsMs }) => (waitsMs === undefined ? [] : to)))),
    pace: highest(quiet.flatMap((look, index) => [...paces(look, quiet[index - 1])])),
  }
}

const highest = (paces: readonly (readonly [string, number])[]): Map<string, number> => {
  const found = new Map<string, number>()
  for (const [to, pace] of paces) found.set(to, Math.max(pace, found.get(to) ?? 0))
  return found
}

/** What it has sent to each address since the look before, on connections that stood then. */
const paces = (now: Look, before: Look | undefined): Map<string, number> => {
  const found = new Map<string, number>()
  if (!before || before.startedAt !== now.startedAt) return found
  const seconds = (now.at - before.at) / 1000
  for (const { to, port, sent } of now.network?.others ?? []) {
    const known = before.network?.others.find((one) => one.port === port && one.to === to)
    if (known) found.set(to, (found.get(to) ?? 0) + (sent - known.sent) / seconds)
  }
  return found
}

const usual = (looks: string[][]): Set<string> => {
  const often = (to: string) => looks.filter((addresses) => addresses.includes(to)).length
  return new Set(looks.flat().filter((to) => often(to) >= 2 && 2 * often(to) >= looks.length))
}

/** The last of the counts of waiting updates that was lower than the one before. */
export const lastFall = (looks: readonly Look[]): Work | undefined => {
  const index = looks.findLastIndex(({ pending = 0 }, place) => pending < (looks[place - 1]?.pending ?? 0))
  const fall = looks[index]
  return fall && { at: fall.at, what: 'took an update' }
}

/** What was measured, each once. */
export const measuresOf = (looks: readonly Look[]): NonNullable<Look['usage']>[] =>
  looks.flatMap(({ usage }, index) => {
    const before = looks.slice(0, index).findLast((one) => one.usage)?.usage
    return usage && usage.at !== before?.at ? [usage] : []
  })

/** The last time that it needed the processor. */
export const lastEffort = (looks: readonly Look[]): Work | undefined => {
  const measured = measuresOf(looks).filter(({ at }) => at >= (looks[0]?.at ?? 0))
  const share = (index: number): number => {
    const [now, before] = [measured[index], measured[index - 1]]
    return now && before ? (now.cpuNs - before.cpuNs) / ((now.at - before.at) * 1e6) : 0
  }
  const index = measured.findLastIndex((_, place) => share(place) >= CPU)
  const effort = measured[index]
  return effort && { at: effort.at, what: `used ${Math.round(share(index) * 100)} % of a core` }
}

/** The last call of the Bot API since `began`, also one that is not answered yet. */
export const lastCall = (looks: readonly Look[], began: number): Work | undefined => {
  const probed = looks.filter(({ network }) => network)
  return latest(
    probed.flatMap((look, index) => [...called(look, began), ...calledBetween(look, probed[index - 1], began)]),
  )
}

const called = ({ at, network }: Look, began: number): Work[] =>
  (network?.api ?? []).flatMap(({ sending, sentMs, waitsMs }) => {
    const sentAt = at - sentMs
    if (sending || sentAt <= began) return []
    const waits = waitsMs !== undefined && waitsMs < API_ANSWERS_MS
    return waits ? { at, what: 'waited for an answer of the Bot API' } : { at: sentAt, what: 'called the Bot API' }
  })

// A long upload, and a call on a connection that is closed again.
const calledBetween = ({ at, network }: Look, before: Look | undefined, began: number): Work[] => {
  if (!network || !before?.network || before.at < began) return []
  const { api, closed } = before.network
  const sends = network.api.filter(({ sending }) => sending)
  const grows = sends.some(({ port, sent }) => api.some((one) => one.port === port && sent > one.sent))
  const known = new Set([...closed, ...api.map(({ port }) => port)])
  return grows || network.closed.some((port) => !known.has(port)) ? [{ at, what: 'called the Bot API' }] : []
}

/** The last time that it waited for the answer to a request to somebody else, which it sent after `began`. */
export const lastWait = (looks: readonly Look[], began: number, { waiting }: Habits): Work | undefined =>
  latest(
    looks.flatMap(({ at, network }) =>
      (network?.others ?? [])
        .filter(({ waitsMs = OTHERS_ANSWER_MS }) => waitsMs < OTHERS_ANSWER_MS && at - waitsMs > began)
        .filter(({ to }) => !waiting.has(to))
        .map(({ to }) => ({ at, what: `waited for an answer of ${to}` })),
    ),
  )

/**
 * It has sent something to somebody with whom it does not talk as a rule, and has not hung up. By TLS it may wait for
 * an answer: the first request of a connection looks answered.
 */
export const mayWait = (looks: readonly Look[], began: number, { connected }: Habits): boolean =>
  looks.some(({ at, network }) => network?.others.some(({ to, sentMs }) => at - sentMs > began && !connected.has(to)))

/** More than twice as much as usual, and more than a heartbeat. */
const BUSY_PACE = 2
const HEARTBEAT = 5

/** It sends much more than usual to somebody with whom it talks as a rule: to its database, say. */
export const talksMore = (looks: readonly Look[], { pace }: Habits): boolean => {
  const probed = looks.filter(({ network }) => network)
  const now = probed.flatMap((look, index) => [...paces(look, probed[index - 1])])
  return now.some(([to, bytes]) => pace.has(to) && bytes > BUSY_PACE * (pace.get(to) ?? 0) + HEARTBEAT)
}

export const latest = (works: readonly (Work | undefined)[]): Work | undefined =>
  works.reduce((last, work) => (work && work.at >= (last?.at ?? 0) ? work : last), undefined)
