import { botLabels } from '../container/labels.ts'
import { volumeName } from '../container/volume-name.ts'
import { TbsError } from '../error.ts'
import { restoredNames } from '../records/bot-volume.ts'
import { keptContainersOf } from '../records/kept-container.ts'
import type { Release } from '../records/release.ts'
import { type Run, step } from './journal.ts'

/** A release as it is run for this bot: with the directories that a person turned into volumes. */
export const withChosenVolumes = ({ bot, operation }: Pick<Run, 'bot' | 'operation'>, release: Release): Release => {
  const chosen = [...bot.volumes, ...(operation.args.volume === undefined ? [] : [operation.args.volume])]
  const volumes = [...new Set([...release.plan.volumes, ...chosen])]
  return { ...release, plan: { ...release.plan, volumes } }
}

/**
 * Before anything is touched: may this directory become a volume? Fails with `volume_exists`, `no_data`, or
 * `holds_program` when the working directory is in it.
 */
export const refuseVolume = async (run: Run, active: Release, path: string): Promise<void> => {
  const { engine, bot } = run
  const { docker, settings } = engine
  const restored = await restoredNames(engine.database.read, bot.name)
  const name = restored[path] ?? volumeName(settings.instance, bot.name, path)
  const volumes = await docker.volumes(botLabels(settings.instance, bot.name))
  if (volumes.some((volume) => volume.name === name)) {
    throw new TbsError('volume_exists', `There is a volume for ${path} already`, { hint: `See /status ${bot.name}` })
  }
  const container = active.containerId === null ? undefined : await docker.container(active.containerId)
  if (`${container?.workdir ?? '/'}/`.startsWith(`${path}/`)) {
    throw new TbsError('holds_program', `${path} holds the program itself, which every deploy replaces`, {
      hint: 'Let the bot write into a directory of its own, such as data/, and keep that one',
    })
  }
  for (const source of await sources(run, active.containerId)) if (await docker.ownerOf(source, path)) return
  throw noData(bot.name, path)
}

// The running version's first, then what was kept of earlier ones, newest first.
const sources = async ({ engine, bot }: Run, current: string | null | undefined): Promise<string[]> => {
  const kept = await keptContainersOf(engine.database.read, bot.id)
  return [...(current ? [current] : []), ...kept.map(({ containerId }) => containerId)]
}

const noData = (bot: string, path: string) =>
  new TbsError('no_data', `No container of ${bot} has a directory ${path}`, { hint: `See /status ${bot}` })

/** While no version runs: what the directory holds goes into the new volume, from where it is to be found. */
export const moveIntoVolume = (run: Run, { from, to }: { from: string | undefined; to: string }): Promise<void> => {
  const { docker } = run.engine
  const path = run.operation.args.volume
  if (path === undefined) return Promise.resolve()
  return step(run, {
    name: 'move',
    about: path,
    act: async () => {
      for (const container of await sources(run, from)) {
        if (await docker.copyDirectory(container, to, path)) return
      }
      throw noData(run.bot.name, path)
    },
  })
}

/** For an undo: the volume that this operation made, and nothing else, goes again. */
export const dropNewVolume = async ({ engine, bot, operation }: Run): Promise<void> => {
  const path = operation.args.volume
  if (path === undefined || bot.volumes.includes(path)) return
  await engine.docker.removeVolume(volumeName(engine.settings.instance, bot.name, path))
}
