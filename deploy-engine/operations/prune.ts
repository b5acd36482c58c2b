import type { Engine } from '../ports.ts'
import { allBots, type Bot, botByName } from '../records/bot.ts'
import { changeOperation } from '../records/operation.ts'
import { type Release, releasesOf } from '../records/release.ts'
import { type Run, step } from './journal.ts'
import { releasesToKeep, tidyBot } from './tidy.ts'

/** What pruning a bot would remove: images of releases that nothing needs. `bytes` is the least that it frees. */
export type Prunable = { bot: Bot; releases: Release[]; bytes: number }

/** Of one bot, or of all. Changes nothing. Fails with `unknown_bot`. */
export const prunable = async (engine: Engine, name?: string): Promise<Prunable[]> => {
  const { database, docker } = engine
  const bots = name === undefined ? await allBots(database.read) : [await botByName(database.read, name)]
  const sizes = await docker.imageBytes()
  return Promise.all(bots.map((bot) => prunableOf(engine, bot, sizes)))
}

const prunableOf = async (engine: Engine, bot: Bot, sizes: Map<string, number>): Promise<Prunable> => {
  const all = await releasesOf(engine.database.read, bot.id)
  const kept = await releasesToKeep(engine, all, 0)
  const releases = all.filter((release) => release.imageId !== null && !kept.includes(release))
  const images = new Set(releases.flatMap(({ imageId }) => imageId ?? []))
  for (const { imageId } of kept) if (imageId !== null) images.delete(imageId)
  return { bot, releases, bytes: [...images].reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0) }
}

/** Removes what nothing needs: after it there is the active version, the last good one, and what holds data. */
export const prune = (run: Run): Promise<string[]> => {
  const { engine, bot, operation } = run
  let freed: Prunable | undefined
  return step(run, {
    name: 'prune',
    act: async () => {
      freed = (await prunable(engine, bot.name))[0]
      return tidyBot(engine, bot, 0)
    },
    commit: async (entities, warnings) => {
      const releases = (freed?.releases ?? []).map(({ number }) => number)
      const outcome = { freed: { bytes: freed?.bytes ?? 0, releases }, ...(warnings.length > 0 && { warnings }) }
      await changeOperation(entities, operation.id, { outcome })
    },
  })
}
