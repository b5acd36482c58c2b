import { type Judged, judgeLiveness } from '../../../../deploy-engine/watch/liveness/judge-liveness.ts'
import type { Look } from '../../../../deploy-engine/watch/liveness/look.ts'
import { lookAgain } from '../../../../deploy-engine/watch/liveness/look-again.ts'
import { newWatched, remember } from '../../../../deploy-engine/watch/liveness/watched.ts'
import type { ModelBot } from './model-bot.ts'

export type Watching = {
  from: number
  until: number
  /** When somebody writes. */
  says?: readonly number[]
  restarts?: readonly number[]
  /** Times between which Telegram answers nobody. */
  away?: readonly [number, number]
  /** Of each look by its number: how long it takes, and whether Telegram's answer gets lost. */
  slips?: readonly { ms: number; lost: boolean }[]
  /** Probes when there is no doubt. */
  spare?: boolean
  everyMs?: number
}

export type Seen = { at: number; judged: Judged; probes: number }

/** Looks at a bot as the watch does, in time that passes at once; gives what it was held for at each look. */
export const watchModel = (bot: ModelBot, watching: Watching): Seen[] => {
  const { from, until, says = [], restarts = [], away, slips = [], spare = true, everyMs = 38_000 } = watching
  const watched = newWatched('model', from)
  let measured: NonNullable<Look['usage']> | undefined
  const happens = [
    ...says.map((at) => ({ at, what: () => bot.say(at) })),
    ...restarts.map((at) => ({
      at,
      what: () => {
        bot.restart(at)
        measured = undefined
      },
    })),
  ].sort((a, b) => a.at - b.at)
  const seen: Seen[] = []
  let probes = 0
  for (let at = from + MEASURED_MS; at < until; at += MEASURED_MS) {
    happens.push({ at, what: () => (measured = { at, ...bot.usage() }) })
  }
  happens.sort((a, b) => a.at - b.at)
  const pass = (to: number) => {
    for (let next = happens[0]; next && next.at <= to; next = happens[0]) {
      bot.advance(next.at)
      next.what()
      happens.shift()
    }
    bot.advance(to)
  }
  while (watched.again.at < until) {
    const { probe, usage } = watched.again
    const slip = slips[watched.taken % slips.length] ?? { ms: 0, lost: false }
    const at = Math.ceil((watched.again.at + slip.ms) / 100) * 100
    pass(at)
    const network = probe === 'urgent' || (probe === 'spare' && spare)
    const isAway = away !== undefined && at >= away[0] && at < away[1]
    const look: Look = {
      at,
      startedAt: bot.startedAt(),
      ...STATE,
      ...(isAway || slip.lost ? { unanswered: true as const } : { pending: bot.pending() }),
      ...(network && { network: bot.network() }),
      ...(usage || probe === 'urgent' ? { usage: { at, ...bot.usage() } } : measured && { usage: measured }),
    }
    if (network) probes += 1
    remember(watched, look)
    const judged = judgeLiveness(watched.looks, { polled: true })
    if (!judged) throw new Error('a look that was taken is not judged')
    seen.push({ at, judged, probes })
    const reported = judged.state === 'deaf'
    watched.again = lookAgain(watched.looks, judged, { everyMs, unproven: false, taken: watched.taken, reported })
  }
  return seen
}

/** By whoever watches what bots take; of one that has enough memory. */
const MEASURED_MS = 120_000

const STATE = { running: true, exitCode: 0, outOfMemory: false, restarts: 0, health: 'none' } as const
