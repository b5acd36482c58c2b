import type { Engine } from '../../ports.ts'
import { registeredBot } from '../../records/bot.ts'
import { releasesOf } from '../../records/release.ts'
import { letGo, removeImage } from '../tidy.ts'
import type { Orphan } from './find-orphans.ts'

/** Removes it; what Docker does not let go, since something uses it, stays. */
export const removeOrphan = async (engine: Engine, orphan: Orphan): Promise<void> => {
  const { docker } = engine
  const { kind, id } = orphan
  if (kind === 'container') await removeContainer(engine, orphan)
  if (kind === 'image') await removeImage(engine, id)
  if (kind === 'network') await docker.removeNetwork(id)
  if (kind === 'volume') await docker.removeVolume(id)
}

const removeContainer = async (engine: Engine, { id, bot: name }: Orphan): Promise<void> => {
  const { docker, database } = engine
  const bot = await registeredBot(database.read, name)
  const found = await docker.container(id)
  if (!bot || !found || found.labels['tbs.role'] !== 'bot') return docker.removeContainer(id)
  await letGo(engine, bot, { container: found, releases: await releasesOf(database.read, bot.id) })
}
