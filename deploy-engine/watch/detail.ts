import { TbsError } from '../error.ts'
import type { Liveness } from '../liveness.ts'
import { expectedError } from '../operations/expected-error.ts'
import { botSecrets } from '../operations/secrets.ts'
import { type BotStatus, botStatus } from '../operations/status.ts'
import type { BotUsage, Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { type Incident, openIncidents } from '../records/incident.ts'
import { observationOf } from '../records/observation.ts'
import { type Operation, OperationSchema } from '../records/operation.ts'
import { livenessOf } from './liveness/check-liveness.ts'
import { coresBetween, usageOf } from './resources.ts'

/** A bot with all that is known of it beside its status. */
export type BotDetail = {
  status: BotStatus
  /** Absent: it does not run, or has not been measured lately by this process. */
  usage?: BotUsage
  /** The most that its container took so far. */
  peak?: { memoryBytes: number; cores: number }
  waiting: Waiting
  /** Whether it takes them, when that was looked at last; absent: this process does not watch it, or not yet. */
  liveness?: Liveness
  /** The last deploy that succeeded. */
  deployed?: Operation
  incidents: Incident[]
}

/** How many updates wait at Telegram, or why that is not known. */
export type Waiting = { count: number } | { problem: string }

const TELEGRAM_MS = 3_000
/** A hundred bots are once round in under three minutes where Docker takes a second for each, as 20.10 may. */
const RECENT_MS = 4 * 60_000

/** Fails with `unknown_bot` or `docker_unreachable`. */
export const botDetail = (engine: Engine, name: string): Promise<BotDetail> =>
  detailNow(engine, name).catch((error) => {
    throw expectedError(error) ?? error
  })

const detailNow = async (engine: Engine, name: string): Promise<BotDetail> => {
  const status = await botStatus(engine, name)
  const usage = recentUsage(engine, status)
  const liveness = livenessOf(engine, status.bot.id)
  const waiting = await waitingUpdates(engine, status.bot)
  return { ...(await detailOf(engine, status)), ...(usage && { usage }), ...(liveness && { liveness }), waiting }
}

/** What is written down of it. */
export const detailOf = async (
  { database: { read }, running }: Engine,
  status: BotStatus,
): Promise<Pick<BotDetail, 'status' | 'peak' | 'deployed' | 'incidents'>> => {
  const { bot, container } = status
  const seen = container && (await observationOf(read, container.id))
  const usage = running.usage.get(bot.id)
  const peak = {
    memoryBytes: Math.max(seen?.peakMemoryBytes ?? 0, usage?.memoryBytes ?? 0),
    cores: Math.max(seen?.peakCores ?? 0, usage?.cores ?? 0),
  }
  const deployed = await read.findOne(OperationSchema, {
    where: { botId: bot.id, kind: 'deploy', state: 'succeeded' },
    order: { id: 'DESC' },
  })
  return {
    status,
    ...(peak.memoryBytes > 0 && { peak }),
    ...(deployed && { deployed }),
    incidents: await openIncidents(read, bot.id),
  }
}

/** Two looks, since a share of the processor is one of the time between them; undefined: it does not run. */
export const measuredNow = async (engine: Engine, { bot, container }: BotStatus, betweenMs: number) => {
  const { docker, clock } = engine
  const first = container?.running ? await docker.usage(container.id) : undefined
  const began = clock.now()
  if (!container || !first) return undefined
  await clock.sleep(betweenMs)
  const usage = await docker.usage(container.id)
  if (!usage) return undefined
  const at = clock.now()
  const cores = coresBetween({ at: began, cpuNs: first.cpuNs }, { at, cpuNs: usage.cpuNs })
  const { memoryBytes, memoryLimitBytes } = usage
  const memoryShort = usageOf(engine, bot.id)?.memoryShort ?? false
  const measured = { container: container.id, at, memoryBytes, memoryLimitBytes, memoryShort }
  return { ...measured, ...(cores !== undefined && { cores }) }
}

// Measuring takes a second or two, for which nobody waits who only wants to know how it is: /health does.
const recentUsage = (engine: Engine, { bot, container }: BotStatus): BotUsage | undefined => {
  const known = usageOf(engine, bot.id)
  const isRecent = known?.container === container?.id && engine.clock.now() - (known?.at ?? 0) < RECENT_MS
  return isRecent ? known : undefined
}

/** Asks Telegram, which must not make anybody wait for long. */
export const waitingUpdates = async (engine: Engine, bot: Bot): Promise<Waiting> => {
  try {
    const { token } = await botSecrets(engine, bot)
    return { count: (await engine.telegram.webhookInfo(token, AbortSignal.timeout(TELEGRAM_MS))).pending }
  } catch (error) {
    if (error instanceof TbsError) return { problem: error.message }
    if (error instanceof Error && error.name === 'TimeoutError') return { problem: 'Telegram does not answer' }
    throw error
  }
}
