import type { Engine } from '../ports.ts'
import { allBots } from '../records/bot.ts'
import { activeRelease } from '../records/release.ts'

const GRACE_SECONDS = 2

/** Stops the containers of all bots that are to run at once, for an installation that ends with its process. */
export const suspendBots = async (engine: Engine): Promise<void> => {
  await Promise.all((await activeContainers(engine)).map((id) => engine.docker.stop(id, GRACE_SECONDS)))
}

/** Starts them again. Gives how many there are. */
export const resumeBots = async (engine: Engine): Promise<number> => {
  const containers = await activeContainers(engine)
  await Promise.all(containers.map((id) => engine.docker.start(id)))
  return containers.length
}

const activeContainers = async ({ database, docker }: Engine): Promise<string[]> => {
  const bots = (await allBots(database.read)).filter(({ stoppedAt }) => stoppedAt === null)
  const ids = await Promise.all(bots.map(async ({ id }) => (await activeRelease(database.read, id))?.containerId))
  const found = await Promise.all(ids.map((id) => (id ? docker.container(id) : undefined)))
  return found.flatMap((container) => container?.id ?? [])
}
