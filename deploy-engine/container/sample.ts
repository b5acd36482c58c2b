import { TbsError } from '../error.ts'
import type { Container, Engine, WebhookInfo } from '../ports.ts'
import type { Secret } from '../secret.ts'
import { probeNetwork } from './probe.ts'
import type { PollView } from './socket-table.ts'

/** What was seen of a started container at one moment. Parts that were not asked are absent. */
export type Sample = {
  at: number
  running: boolean
  /** It is frozen, and takes nothing. */
  paused?: true
  exitCode: number
  outOfMemory: boolean
  restarts: number
  health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** Updates that wait at Telegram for this bot. */
  pending?: number
  /** Telegram was asked how many wait and did not answer. */
  unanswered?: true
  /** Absent also where the kernel does not tell. */
  network?: PollView
  /** The bot has a webhook: Telegram's last failure to deliver, ms since the epoch. */
  webhook?: { lastErrorAt: number | undefined; lastError?: string }
}

export type Sampled = { bot: string; container: string; token: Secret; withNetwork: boolean }

/** A look must not wait for Telegram: that it does not answer is an answer. */
const TELEGRAM_MS = 3_000

/** One look at a started container from all sides at once. */
export const takeSample = async (
  engine: Engine,
  { bot, container, token, withNetwork }: Sampled,
  signal: AbortSignal,
): Promise<Sample> => {
  const [found, telegram, network] = await Promise.all([
    engine.docker.container(container),
    askTelegram(engine, token, signal),
    withNetwork ? probeNetwork(engine, { bot, container }, signal) : undefined,
  ])
  return { at: engine.clock.now(), ...stateOf(found), ...telegram, ...(network && { network }) }
}

/** What an inspection tells; a container that is gone has ended. */
export const stateOf = (found: Container | undefined) => ({
  running: found?.running ?? false,
  ...(found?.paused && { paused: true as const }),
  exitCode: found?.exitCode ?? -1,
  outOfMemory: found?.outOfMemory ?? false,
  restarts: found?.restarts ?? 0,
  health: found?.health ?? ('none' as const),
})

type Told = Pick<Sample, 'pending' | 'unanswered' | 'webhook'>

/** How many updates wait, as Telegram says, or that it does not answer. Fails with `token_refused`. */
export const askTelegram = async (engine: Engine, token: Secret, signal: AbortSignal): Promise<Told> => {
  try {
    return toldBy(await engine.telegram.webhookInfo(token, signal, TELEGRAM_MS))
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TbsError && error.code === 'telegram_unreachable') return { unanswered: true }
    throw error
  }
}

const toldBy = ({ pending, url, lastErrorAt, lastError }: WebhookInfo) => ({
  pending,
  ...(url && { webhook: { lastErrorAt, ...(lastError !== undefined && { lastError }) } }),
})
