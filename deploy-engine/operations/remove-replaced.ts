import { restoredLabels } from '../container/labels.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { type BotVolume, BotVolumeSchema, botVolumes } from '../records/bot-volume.ts'
import { isOver, operationById } from '../records/operation.ts'

const KEPT_MS = 24 * 60 * 60_000

/**
 * Removes volumes that a restore replaced a day ago, and those that a failed one could not remove itself. The row goes
 * last, so that none is forgotten. Only called while no operation of the bot is at work.
 */
export const removeReplaced = async (engine: Engine, bot: Bot): Promise<void> => {
  const { database, docker, clock } = engine
  const volumes = await botVolumes(database.read, bot.name)
  const isOld = ({ state, since }: BotVolume) => state === 'replaced' && clock.now() - since >= KEPT_MS
  const old = volumes.filter((volume) => volume.state === 'new' || isOld(volume))
  for (const { name } of old) {
    // A kept container may still have it.
    if (!(await docker.removeVolume(name))) continue
    await database.transaction((entities) => entities.delete(BotVolumeSchema, { name }))
  }
  for (const name of await leftBehind(engine, bot)) {
    if (!volumes.some((volume) => volume.name === name)) await docker.removeVolume(name)
  }
}

// What the database does not know may be its own fault: only what is known to have failed goes.
export const leftBehind = async ({ database, docker, settings }: Engine, bot: Bot): Promise<string[]> => {
  const left: string[] = []
  for (const { name, labels } of await docker.volumes(restoredLabels(settings.instance, bot.name))) {
    const operation = await operationById(database.read, Number(labels['tbs.operation']))
    const failed = operation?.kind === 'restore' && isOver(operation) && operation.state !== 'succeeded'
    if (failed && operation.botId === bot.id) left.push(name)
  }
  return left
}
