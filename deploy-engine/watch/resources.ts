import type { BotUsage, Engine, Usage } from '../ports.ts'
import { ObservationSchema, observationOf } from '../records/observation.ts'
import { type BotToRun, botsToRun } from './bots-to-run.ts'
import { type MemoryStanding, memoryStanding } from './memory-short.ts'

const EVERY_MS = 60_000
/** With more than a hundred bots the measurements of a second are bounded. */
const EACH_MS = 600
/** Whatever is written has all that is remembered of the database read anew: what hardly differs is not. */
const GROWN = 1.05
const FEW_CORES = 0.01

/** Measures what each running bot takes, about once a minute, one after the other, until the signal aborts. */
export const watchResources = async (engine: Engine, signal: AbortSignal): Promise<void> => {
  const all = new Map<number, Measured>()
  while (!signal.aborted) {
    const bots = await botsToRun(engine).catch((err) => {
      engine.log.error({ err }, 'measuring what bots take failed')
      return []
    })
    forgetOthers(engine, all, bots)
    const turns = bots.length === 0 ? [undefined] : bots
    for (const one of turns) {
      if (one && !signal.aborted) await lookSafely(engine, all, one)
      // An abort ends both loops.
      await engine.clock.sleep(Math.max(EVERY_MS / turns.length, EACH_MS), signal).catch(() => undefined)
    }
  }
}

/** What was measured of a bot last, by this process; undefined: it does not run, or was not measured yet. */
export const usageOf = ({ running }: Engine, botId: number): BotUsage | undefined => running.usage.get(botId)

/** What is remembered of a bot for as long as one container is its active version. */
type Measured = {
  container: string
  at: number
  cpuNs: number
  memory: MemoryStanding
  peakMemoryBytes: number
  peakCores: number
  /** What is written down of that. */
  kept: Peaks | undefined
}

const forgetOthers = ({ running }: Engine, all: Map<number, Measured>, bots: readonly BotToRun[]): void => {
  for (const id of [...all.keys()].filter((known) => !bots.some(({ bot }) => bot.id === known))) {
    all.delete(id)
    running.usage.delete(id)
  }
}

const lookSafely = async (engine: Engine, all: Map<number, Measured>, one: BotToRun): Promise<void> => {
  try {
    const usage = await engine.docker.usage(one.container)
    if (!usage) {
      all.delete(one.bot.id)
      engine.running.usage.delete(one.bot.id)
    } else await note(engine, all, { one, usage })
  } catch (err) {
    engine.log.warn({ err, bot: one.bot.name }, 'what a bot takes could not be measured')
  }
}

type Seen = { one: BotToRun; usage: Usage }

const note = async (engine: Engine, all: Map<number, Measured>, { one, usage }: Seen): Promise<void> => {
  const { bot, container } = one
  const { cpuNs, sentBytes, memoryBytes, memoryLimitBytes } = usage
  const at = engine.clock.now()
  const known = all.get(bot.id)
  const before = known?.container === container ? known : undefined
  const cores = coresBetween(before, { at, cpuNs })
  const memory = memoryStanding(before?.memory ?? { short: false }, { share: memoryBytes / memoryLimitBytes, at })
  const peaks = {
    peakMemoryBytes: Math.max(before?.peakMemoryBytes ?? 0, memoryBytes),
    peakCores: Math.max(before?.peakCores ?? 0, cores ?? 0),
  }
  const measured: Measured = { container, at, cpuNs, memory, ...peaks, kept: before?.kept }
  all.set(bot.id, measured)
  const counters = { cpuNs, sentBytes }
  const shown = { container, at, memoryBytes, memoryLimitBytes, counters, ...(cores !== undefined && { cores }) }
  engine.running.usage.set(bot.id, { ...shown, memoryShort: memory.short })
  if (!measured.kept || hasGrown(peaks, measured.kept)) measured.kept = await keepPeaks(engine, container, peaks)
}

/** Counters begin anew with each start of a container. */
export const coresBetween = (
  before: { at: number; cpuNs: number } | undefined,
  now: { at: number; cpuNs: number },
): number | undefined => {
  if (!before || now.cpuNs < before.cpuNs || now.at <= before.at) return undefined
  return (now.cpuNs - before.cpuNs) / ((now.at - before.at) * 1e6)
}

type Peaks = { peakMemoryBytes: number; peakCores: number }

const hasGrown = (peaks: Peaks, row: Peaks): boolean =>
  peaks.peakMemoryBytes > row.peakMemoryBytes * GROWN ||
  peaks.peakCores > Math.max(row.peakCores * GROWN, row.peakCores + FEW_CORES)

// Into what the watch over containers has written of it; before that there is nothing to add to.
const keepPeaks = async ({ database }: Engine, containerId: string, peaks: Peaks): Promise<Peaks | undefined> => {
  const row = await observationOf(database.read, containerId)
  if (!row || !hasGrown(peaks, row)) return row
  const change = {
    peakMemoryBytes: Math.max(row.peakMemoryBytes, peaks.peakMemoryBytes),
    peakCores: Math.max(row.peakCores, peaks.peakCores),
  }
  await database.transaction((entities) => entities.update(ObservationSchema, { containerId }, change))
  return change
}
