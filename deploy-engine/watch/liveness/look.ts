import { probeNetwork } from '../../container/probe.ts'
import { askTelegram, type Sample, stateOf } from '../../container/sample.ts'
import type { NetworkView } from '../../container/socket-table.ts'
import { saysUsedElsewhere } from '../../container/used-elsewhere.ts'
import { TbsError } from '../../error.ts'
import type { Engine } from '../../ports.ts'
import type { Secret } from '../../secret.ts'
import { asInspected, inspect } from '../inspection.ts'

/** What was seen of an active version at one moment. Parts that were not asked, or gave no answer, are absent. */
export type Look = Omit<Sample, 'network'> & {
  /** Since when it runs: what was seen before is of an earlier life. */
  startedAt: number
  network?: NetworkView
  /** Its connections were to be looked at, and the kernel told nothing. */
  blind?: true
  /** Counters since its start, at that time. */
  usage?: { at: number; cpuNs: number; sentBytes: number }
  /** Telegram does not take its token. */
  refused?: true
  /** Lines of its log that tell of another program with its token, since the log was read last. */
  conflicts?: number
}

/** Which parts are looked at. The probe costs far more than all others; `usage`: not only what is known of a minute. */
export type Parts = { network: boolean; usage: boolean; logSinceMs?: number }

export type Looked = { bot: string; id: number; container: string; token: Secret }

const LOG_LINES = 200

/** One look from all sides that are asked for, at once. */
export const takeLook = async (engine: Engine, looked: Looked, parts: Parts, signal: AbortSignal): Promise<Look> => {
  const { bot, container, token } = looked
  const [found, telegram, network, usage, conflicts] = await Promise.all([
    parts.network || parts.usage ? inspect(engine, container) : asInspected(engine, container),
    askUnlessRefused(engine, token, signal),
    parts.network ? probeNetwork(engine, { bot, container }, signal) : undefined,
    measure(engine, looked, parts.usage),
    parts.logSinceMs === undefined ? undefined : conflictsIn(engine, container, parts.logSinceMs),
  ])
  const startedAt = found?.startedAt ?? 0
  return {
    at: engine.clock.now(),
    startedAt,
    ...stateOf(found),
    running: found?.running === true && !found.restarting && !found.paused,
    ...telegram,
    ...(network ? { network } : parts.network && { blind: true as const }),
    // Counters begin anew with each start.
    ...(usage && usage.at >= startedAt && { usage }),
    ...(conflicts !== undefined && { conflicts }),
  }
}

const measure = async (engine: Engine, { id, container }: Looked, anew: boolean): Promise<Look['usage']> => {
  const known = engine.running.usage.get(id)
  if (!anew) return known?.container === container && known.counters ? { at: known.at, ...known.counters } : undefined
  const found = await engine.docker.usage(container)
  return found && { at: engine.clock.now(), cpuNs: found.cpuNs, sentBytes: found.sentBytes }
}

const askUnlessRefused = async (engine: Engine, token: Secret, signal: AbortSignal) => {
  try {
    return await askTelegram(engine, token, signal)
  } catch (error) {
    if (error instanceof TbsError && error.code === 'token_refused') return { refused: true as const }
    throw error
  }
}

const conflictsIn = async ({ docker }: Engine, container: string, sinceMs: number): Promise<number> => {
  const text = await docker.logs(container, { tail: LOG_LINES, sinceSeconds: Math.floor(sinceMs / 1000) })
  return text.split('\n').filter(saysUsedElsewhere).length
}
