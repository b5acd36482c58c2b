import type { EntityManager } from 'typeorm'
import type { Container, Engine } from '../ports.ts'
import { type Bot, botById } from '../records/bot.ts'
import { openIncidents } from '../records/incident.ts'
import { observationOf, observe } from '../records/observation.ts'
import { unfinishedOperations } from '../records/operation.ts'
import { activeRelease, type Release } from '../records/release.ts'
import { betweenOperations, type Queue } from './between-operations.ts'

/** What a watch needs beside the engine, and what it knows between two looks. */
export type Watch = Queue & {
  signal: AbortSignal
  /** Exit codes as Docker told them, by container: from a running one they can't be had. */
  codes: Map<string, { at: number; exitCode: number }[]>
  /** How a bot's running container was at the last look, if there was nothing to be noted of it. */
  quiet: Map<number, Container>
  /** Since when a bot was seen stopped from outside. */
  stoppedSince: Map<number, number>
}

/** A bot that is to run, with the container that is to do it. */
export type Watched = { bot: Bot; release: Release; containerId: string }

/** Does something for a bot that is to run while no operation is at it; nothing if one is, or waits. */
export const whileWatched = (
  { engine, enqueue }: Queue,
  botId: number,
  work: (watched: Watched) => Promise<void>,
): Promise<void> =>
  betweenOperations({ engine, enqueue }, botId, async () => {
    const watched = await watchedOf(engine, botId)
    if (watched) await work(watched)
  })

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
