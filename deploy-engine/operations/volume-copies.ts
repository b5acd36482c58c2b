import { type EntityManager, Not } from 'typeorm'
import { copyLabels } from '../container/labels.ts'
import { COPY } from '../container/volume-task.ts'
import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { activeRelease, releasesOf, wayBack } from '../records/release.ts'
import { stepsOf } from '../records/step.ts'
import { type VolumeCopy, VolumeCopySchema, volumeCopiesOf } from '../records/volume-copy.ts'
import type { Run } from './journal.ts'
import { mountsAt, onVolumes, placesOf } from './volume-tasks.ts'

const KEPT_MS = 24 * 60 * 60_000

/**
 * Copies volumes into new ones. The rows that come out belong into the transaction that ends the caller's step: a copy
 * without a row is an unfinished one.
 */
export const copyVolumes = async (run: Run, kind: VolumeCopy['kind'], volumes: string[]): Promise<VolumeCopy[]> => {
  const { engine, bot, operation } = run
  const names = await createBeside(run, volumes, kind)
  const copies = volumes.map((volume, place) => ({
    name: names[place] ?? '',
    botId: bot.id,
    operationId: operation.id,
    volume,
    kind,
    createdAt: engine.clock.now(),
  }))
  await overwrite(
    run,
    copies.map(({ name, volume }) => ({ from: volume, to: name })),
  )
  return copies
}

/** A volume beside each of the given ones, named after what it is for and the operation; the same when asked again. */
export const createBeside = async (run: Run, volumes: readonly string[], what: string): Promise<string[]> => {
  const { engine, bot, operation } = run
  const labels = { ...copyLabels(engine.settings.instance, bot.name), 'tbs.operation': String(operation.id) }
  const names = volumes.map((volume) => besideName(run, volume, what))
  for (const name of names) await engine.docker.createVolume({ name, labels })
  return names
}

const besideName = ({ operation }: Pick<Run, 'operation'>, volume: string, what: string): string =>
  `${volume}.${what}-${operation.id}`

/** Makes each live volume again what its copy holds. Fails with `copy_gone` before it touches anything. */
export const putBack = async (run: Run, copies: readonly VolumeCopy[]): Promise<void> => {
  const { engine, bot } = run
  const there = await engine.docker.volumes(copyLabels(engine.settings.instance, bot.name))
  // Mounting a volume that is not there would make an empty one, and that would be put back.
  const gone = copies.find(({ name }) => !there.some((volume) => volume.name === name))
  if (gone) throw new TbsError('copy_gone', `The copy ${gone.name} of the data of ${bot.name} is gone`)
  await overwrite(
    run,
    copies.map(({ name, volume }) => ({ from: name, to: volume })),
  )
}

const overwrite = async (run: Run, pairs: { from: string; to: string }[]): Promise<void> => {
  const mounts = [
    ...mountsAt(
      'from',
      pairs.map(({ from }) => from),
    ),
    ...mountsAt(
      'to',
      pairs.map(({ to }) => to),
    ),
  ]
  await onVolumes(run, 'Copying the data', { script: COPY, args: placesOf(pairs), mounts })
}

/**
 * The data that a release had when it was active last: of each volume, the oldest copy since `operation`, which made it
 * active.
 */
export const dataSince = (copies: readonly VolumeCopy[], operation: number): VolumeCopy[] => {
  const candidates = copies
    .filter(({ kind, operationId }) => kind === 'before' && operationId > operation)
    .sort((one, other) => one.operationId - other.operationId)
  return candidates.filter(({ volume }, index) => candidates.findIndex((other) => other.volume === volume) === index)
}

/**
 * Belongs into the transaction that makes a release active. If data was put back for it, what was put back is used up,
 * and what was there is kept for a day. Gives what a person should know of that.
 */
export const settleCopies = async ({ engine, bot, operation }: Run, entities: EntityManager): Promise<string[]> => {
  const steps = await stepsOf(entities, operation.id)
  if (!steps.some(({ name, state }) => name === 'restore' && state === 'done')) return []
  const before = (await volumeCopiesOf(entities, bot.id)).filter(({ kind }) => kind === 'before')
  const own = before.filter(({ operationId }) => operationId === operation.id)
  await forgetCopies(
    entities,
    before.filter((copy) => !own.includes(copy)),
  )
  const changed = { kind: 'changed' as const, createdAt: engine.clock.now() }
  for (const { name } of own) await entities.update(VolumeCopySchema, { name }, changed)
  return own.map(keptForADay)
}

export const keptForADay = ({ name }: Pick<VolumeCopy, 'name'>): string =>
  `The data was put back as it was before. What had become of it is kept for 24 hours in the Docker volume ${name}`

/** Forgets copies. The volumes themselves are removed by `removeOldCopies`, which finds them by their label. */
export const forgetCopies = async (entities: EntityManager, copies: readonly VolumeCopy[]): Promise<void> => {
  for (const { name } of copies) await entities.delete(VolumeCopySchema, { name })
}

/**
 * Removes copies of a bot's volumes that nobody needs: what was put aside a day ago, what an active release that is
 * proven was made from, and what no row knows. Only called while no operation of the bot is at work.
 */
export const removeOldCopies = async (engine: Engine, bot: Bot): Promise<void> => {
  const { database, docker, settings, clock } = engine
  const copies = await volumeCopiesOf(database.read, bot.id)
  const since = copies.length === 0 ? 0 : await unsettledSince(engine, bot)
  const isNeeded = ({ kind, operationId, createdAt }: VolumeCopy) =>
    kind === 'before' ? operationId > since : clock.now() - createdAt < KEPT_MS
  const old = copies.filter((copy) => !isNeeded(copy))
  if (old.length > 0) await database.transaction((entities) => forgetCopies(entities, old))
  // Those of a removed bot of the same name are left, as all of its data.
  const others = await database.read.findBy(VolumeCopySchema, { botId: Not(bot.id) })
  const needed = [...copies.filter(isNeeded), ...others].map(({ name }) => name)
  for (const { name } of await docker.volumes(copyLabels(settings.instance, bot.name))) {
    if (!needed.includes(name)) await docker.removeVolume(name)
  }
}

// Copies of later operations belong to an unproven release, or to an operation whose undo failed.
const unsettledSince = async ({ database }: Engine, bot: Bot): Promise<number> => {
  const back = wayBack(await releasesOf(database.read, bot.id))
  return (back ?? (await activeRelease(database.read, bot.id)))?.operationId ?? 0
}
