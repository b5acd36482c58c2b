import type { EntityManager } from 'typeorm'
import { takeTurn } from '../operations/turn.ts'
import type { Container, Engine } from '../ports.ts'
import { type Bot, botById } from '../records/bot.ts'
import { openIncidents } from '../records/incident.ts'
import { observationOf, observe } from '../records/observation.ts'
import { unfinishedOperations } from '../records/operation.ts'
import { activeRelease, type Release } from '../records/release.ts'

/** What a watch needs beside the engine, and what it knows between two looks. */
export type Watch = {
  engine: Engine
  signal: AbortSignal
  enqueue(operation: number): Promise<void>
  /** Exit codes as Docker told them, by container: from a running one they can't be had. */
  codes: Map<string, { at: number; exitCode: number }[]>
  /** Since when a bot was seen stopped from outside. */
  stoppedSince: Map<number, number>
}

/** A bot that is to run, with the container that is to do it. */
export type Watched = { bot: Bot; release: Release; containerId: string }

/**
 * Does something for a bot that is to run while no operation is at it; nothing if one is, or waits. What was asked for
 * meanwhile is queued again: it was turned away, and is not to be carried out by a watch.
 */
export const whileWatched = async (
  { engine, enqueue }: Pick<Watch, 'engine' | 'enqueue'>,
  botId: number,
  work: (watched: Watched) => Promise<void>,
): Promise<void> => {
  const end = await takeTurn(engine, botId, async () => {
    const watched = await watchedOf(engine, botId)
    if (watched) await work(watched)
  })
  if (end !== 'news') return
  const [first] = await unfinishedOperations(engine.database.read, botId)
  if (first) await enqueue(first.id)
}

const watchedOf = async ({ database: { read } }: Engine, botId: number): Promise<Watched | undefined> => {
  const bot = await botById(read, botId)
  const release = await activeRelease(read, botId)
  if (bot.stoppedAt !== null || bot.removedAt !== null || !release?.containerId) return undefined
  if ((await unfinishedOperations(read, botId)).length > 0) return undefined
  return { bot, release, containerId: release.containerId }
}

/** The bot's incident of one of these kinds that is open. */
export const openIncidentOf = async ({ database: { read } }: Engine, botId: number | null, kinds: readonly string[]) =>
  (await openIncidents(read, botId)).find(({ kind }) => kinds.includes(kind))

/** Writes down how a container is now, so that nothing that was seen is taken for news. */
export const remember = ({ database }: Engine, watched: Watched, found: Container): Promise<void> =>
  database.transaction((entities) => rememberIn(entities, watched, found))

/** The same inside the caller's transaction. */
export const rememberIn = async (
  entities: EntityManager,
  { bot }: Watched,
  { id, running, startedAt, finishedAt, restarts }: Container,
): Promise<void> => {
  const { peakMemoryBytes = 0, peakCores = 0 } = (await observationOf(entities, id)) ?? {}
  const now = { containerId: id, botId: bot.id, running, startedAt, finishedAt, restarts }
  await observe(entities, { ...now, peakMemoryBytes, peakCores })
}
