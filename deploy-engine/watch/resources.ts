import type { EntityManager } from 'typeorm'
import { inGroups } from '../in-groups.ts'
import type { BotUsage, Engine, Usage } from '../ports.ts'
import { ObservationSchema, observationOf } from '../records/observation.ts'
import { type BotToRun, botsToRun } from './bots-to-run.ts'
import { type MemoryStanding, memoryStanding } from './memory-short.ts'

const EVERY_MS = 60_000
/** With more than a hundred bots the measurements of a second are bounded. */
const EACH_MS = 600
/** Whoever takes less of its memory is measured every other time. */
const MUCH = 0.75
/** A question costs the processor far more after a pause than beside others. */
const TOGETHER = 10
/**
 * Whatever is written has all that is remembered of the database read anew: what hardly differs is not, and the rest
 * once for all bots.
 */
const GROWN = 1.05
const FEW_CORES = 0.01

/**
 * Measures what each running bot takes, some at a time, until the signal aborts: about once a minute, and half as often
 * while it has enough memory.
 */
export const watchResources = async (engine: Engine, signal: AbortSignal): Promise<void> => {
  const all = new Map<number, Measured>()
  while (!signal.aborted) {
    const bots = await botsToRun(engine).catch((err) => {
      engine.log.error({ err }, 'measuring what bots take failed')
      return []
    })
    forgetOthers(engine, all, bots)
    const now = engine.clock.now()
    const due = bots.filter((one) => isDue(usageOf(engine, one.bot.id), one, now))
    // Where nobody is due, one turn in which nothing is measured.
    const turns = due.length === 0 ? [[]] : inGroups(due, TOGETHER)
    for (const some of turns) {
      if (!signal.aborted) await Promise.all(some.map((one) => lookSafely(engine, all, one)))
      if (some === turns.at(-1)) await keepPeaks(engine, all)
      // An abort ends both loops.
      const ms = Math.max(EVERY_MS / turns.length, EACH_MS * some.length)
      await engine.clock.sleep(ms, signal).catch(() => undefined)
    }
  }
}

const isDue = (known: BotUsage | undefined, { container }: BotToRun, now: number): boolean => {
  if (known?.container !== container || known.cores === undefined) return true
  return known.memoryBytes >= MUCH * known.memoryLimitBytes || now - known.at >= EVERY_MS * 1.5
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
    } else note(engine, all, { one, usage })
  } catch (err) {
    engine.log.warn({ err, bot: one.bot.name }, 'what a bot takes could not be measured')
  }
}

type Seen = { one: BotToRun; usage: Usage }

const note = (engine: Engine, all: Map<number, Measured>, { one, usage }: Seen): void => {
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
  all.set(bot.id, { container, at, cpuNs, memory, ...peaks, kept: before?.kept })
  const counters = { cpuNs, sentBytes }
  const shown = { container, at, memoryBytes, memoryLimitBytes, counters, ...(cores !== undefined && { cores }) }
  engine.running.usage.set(bot.id, { ...shown, memoryShort: memory.short })
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

const keepPeaks = async ({ database, log }: Engine, all: ReadonlyMap<number, Measured>): Promise<void> => {
  const grown = [...all.values()].filter((one) => !one.kept || hasGrown(one, one.kept))
  if (grown.length === 0) return
  try {
    const kept = await database.transaction(async (entities) => {
      const rows: (Peaks | undefined)[] = []
      for (const one of grown) rows.push(await keep(entities, one))
      return rows
    })
    for (const [index, one] of grown.entries()) one.kept = kept[index]
  } catch (err) {
    log.warn({ err }, 'the most that bots have taken could not be written down')
  }
}

// Into what the watch over containers has written of it; before that there is nothing to add to.
const keep = async (entities: EntityManager, { container, ...peaks }: Measured): Promise<Peaks | undefined> => {
  const row = await observationOf(entities, container)
  if (!row || !hasGrown(peaks, row)) return row
  const change = {
    peakMemoryBytes: Math.max(row.peakMemoryBytes, peaks.peakMemoryBytes),
    peakCores: Math.max(row.peakCores, peaks.peakCores),
  }
  await entities.update(ObservationSchema, { containerId: container }, change)
  return change
}
