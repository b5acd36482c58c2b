import type { Container, Engine } from '../ports.ts'
import { allBots, type Bot, botByName } from '../records/bot.ts'
import { type Incident, openIncidents } from '../records/incident.ts'
import { type KeptContainer, keptContainersOf } from '../records/kept-container.ts'
import { type Operation, unfinishedOperations } from '../records/operation.ts'
import { activeRelease, type Release, releasesOf } from '../records/release.ts'

/** What is true of a bot now, read from Docker at the moment of asking. */
export type BotStatus = {
  bot: Bot
  /** paused: frozen, for a backup or by hand. stopped: a person wanted that. exited: by itself, or from outside. */
  state: 'live' | 'unproven' | 'restarting' | 'paused' | 'stopped' | 'exited' | 'missing' | 'not deployed'
  release?: Release
  container?: Container
  operations: Operation[]
  /** Containers of earlier releases that hold data files outside volumes. */
  keptData: KeptContainer[]
  /** What is wrong with it, oldest first. */
  incidents: Incident[]
}

export const botStatuses = async (engine: Engine): Promise<BotStatus[]> =>
  Promise.all((await allBots(engine.database.read)).map((bot) => statusOf(engine, bot)))

/** What is registered, without asking Docker anything. */
export const botNames = async (engine: Engine): Promise<string[]> =>
  (await allBots(engine.database.read)).map(({ name }) => name)

/** Fails with `unknown_bot`. */
export const botStatus = async (engine: Engine, name: string): Promise<BotStatus> =>
  statusOf(engine, await botByName(engine.database.read, name))

/** Newest first. Fails with `unknown_bot`. */
export const releaseList = async (engine: Engine, name: string): Promise<{ bot: Bot; releases: Release[] }> => {
  const bot = await botByName(engine.database.read, name)
  return { bot, releases: await releasesOf(engine.database.read, bot.id) }
}

const statusOf = async (engine: Engine, bot: Bot): Promise<BotStatus> => {
  const { read } = engine.database
  const release = await activeRelease(read, bot.id)
  const container = release?.containerId ? await engine.docker.container(release.containerId) : undefined
  return {
    bot,
    state: stateOf(bot, release, container),
    ...(release && { release }),
    ...(container && { container }),
    operations: await unfinishedOperations(read, bot.id),
    keptData: await keptContainersOf(read, bot.id),
    incidents: await openIncidents(read, bot.id),
  }
}

const stateOf = (
  { stoppedAt }: Bot,
  release: Release | undefined,
  container: Container | undefined,
): BotStatus['state'] => {
  if (!release) return 'not deployed'
  if (!container?.running && stoppedAt !== null) return 'stopped'
  if (!container) return 'missing'
  if (container.restarting) return 'restarting'
  if (!container.running) return 'exited'
  if (container.paused) return 'paused'
  return release.proof === 'live' ? 'live' : 'unproven'
}
