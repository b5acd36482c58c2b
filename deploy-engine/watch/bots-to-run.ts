import type { Engine } from '../ports.ts'
import { allBots, type Bot } from '../records/bot.ts'
import { unfinishedOperations } from '../records/operation.ts'
import { type Release, ReleaseSchema } from '../records/release.ts'
import { remembered } from '../remembered.ts'

type Released = { bot: Bot; release: Release }

/** Every bot that has a version, also one that is stopped. Read once for all who ask, until something is written. */
export const botsWithRelease = ({ database }: Engine): Promise<Released[]> => {
  const known = loads.get(database) ?? remembered({ database }, () => load(database))
  loads.set(database, known)
  return known()
}

const loads = new WeakMap<Engine['database'], () => Promise<Released[]>>()

const load = async ({ read }: Engine['database']): Promise<Released[]> => {
  const releases = await read.findBy(ReleaseSchema, { state: 'active' })
  if (releases.length === 0) return []
  return (await allBots(read)).flatMap((bot) => {
    const release = releases.find(({ botId }) => botId === bot.id)
    return release ? [{ bot, release }] : []
  })
}

export type BotToRun = { bot: Bot; release: Release; container: string }

/** Every bot that is to run, with the version for that. */
export const botsToRun = async (engine: Engine): Promise<BotToRun[]> =>
  (await botsWithRelease(engine)).flatMap(({ bot, release }) =>
    bot.stoppedAt === null && release.containerId ? [{ bot, release, container: release.containerId }] : [],
  )

/** An operation of the bot is under way, or waits: what is seen of it now is no sign. */
export const isWorkedOn = async ({ running, database }: Engine, botId: number): Promise<boolean> =>
  running.bots.has(botId) || (await unfinishedOperations(database.read, botId)).length > 0

/** The bots for which an operation is under way, or waits. */
export const workedOnBots = async ({ database }: Engine): Promise<Set<number>> =>
  new Set((await unfinishedOperations(database.read)).map(({ botId }) => botId))
