import { botLabels } from '../container/labels.ts'
import { volumeName } from '../container/volume-name.ts'
import { restoredNames } from '../records/bot-volume.ts'
import type { Run } from './journal.ts'

/** A volume that holds data of the bot, and where it is in the container. */
export type DataVolume = { name: string; path: string }

/** A bot's volumes by their paths, without the copies that were made of them and without what a restore replaced. */
export const currentVolumes = async ({ engine, bot }: Pick<Run, 'engine' | 'bot'>): Promise<DataVolume[]> => {
  const { instance } = engine.settings
  const restored = await restoredNames(engine.database.read, bot.name)
  const volumes = await engine.docker.volumes(botLabels(instance, bot.name))
  return volumes
    .flatMap(({ name, labels: { 'tbs.path': path } }) => (path === undefined ? [] : [{ name, path }]))
    .filter(({ name, path }) => name === (restored[path] ?? volumeName(instance, bot.name, path)))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
}
