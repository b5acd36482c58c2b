import type { EntityManager } from 'typeorm'
import { botLabels } from '../container/labels.ts'
import { BackupSchema } from '../records/backup.ts'
import { BotSchema } from '../records/bot.ts'
import { BotVolumeSchema } from '../records/bot-volume.ts'
import { KeptContainerSchema } from '../records/kept-container.ts'
import {
  changeOperation,
  type Operation,
  type Outcome,
  operationById,
  unfinishedOperations,
} from '../records/operation.ts'
import { activeRelease, ReleaseSchema } from '../records/release.ts'
import { SecretSchema } from '../records/secret.ts'
import { VolumeCopySchema } from '../records/volume-copy.ts'
import { makeBackup } from './backups/backup.ts'
import { measure } from './backups/spool.ts'
import { withWayOut } from './backups/without-backup.ts'
import { currentVolumes } from './current-volumes.ts'
import { throughRestarts } from './docker-back.ts'
import { type Run, step } from './journal.ts'
import { logsPath } from './log-files.ts'
import { mirrorPath } from './mirror-path.ts'
import { endVersion } from './stop.ts'
import { removeImage } from './tidy.ts'

/**
 * Stops a bot, backs it up once more and removes all that is its, except its backups, its volumes unless `data` is
 * asked for, and its row: that stays for the history of its operations. Cut off, it is not undone but finished.
 */
export const remove = async (run: Run, graceSeconds?: number): Promise<void> => {
  const release = await activeRelease(run.engine.database.read, run.bot.id)
  const runs = release !== undefined && run.bot.stoppedAt === null
  const backsUp = !run.operation.args.noBackup && run.operation.outcome?.backup === undefined
  // What is known to go wrong afterwards is to be said while the bot still runs.
  if (backsUp && runs) await orWithout(run, measure(run, await currentVolumes(run), { isFrozen: false }))
  if (runs) await endVersion(run, release, graceSeconds)
  if (backsUp) await orWithout(run, makeBackup(run, 'remove'))
  let dropped: Operation[] = []
  // Once its version is stopped for good there is nothing to turn back to.
  await step(runs ? { ...run, signal: new AbortController().signal } : run, {
    name: 'remove',
    act: () => throughRestarts(run.engine, () => removeAll(run)),
    commit: async (entities, gone) => {
      const backup = (await operationById(entities, run.operation.id))?.outcome?.backup
      const outcome = { ...gone, ...(backup && { backup }), running: null }
      await changeOperation(entities, run.operation.id, { outcome })
      dropped = await forget(run, entities)
    },
  })
  for (const { id } of dropped) run.engine.changes.emit({ operation: id })
}

const orWithout = async ({ bot, operation }: Run, work: Promise<unknown>): Promise<void> => {
  await work.catch((error) => {
    throw withWayOut(error, `/removebot ${bot.name}${operation.args.data ? ' data' : ''}`)
  })
}

type Gone = Required<Pick<Outcome, 'removed' | 'warnings'>>

/** In the order in which Docker lets go. What somebody else uses stays and is named. */
const removeAll = async (run: Run): Promise<Gone> => {
  const { engine, bot, operation } = run
  const { docker, settings, files } = engine
  const labels = botLabels(settings.instance, bot.name)
  for (const { id } of await docker.containers(labels)) await docker.removeContainer(id)
  const stay = [...(await removeImages(run)), ...(await removeNetworks(run))]
  const volumes = (await docker.volumes(labels)).map(({ name }) => name)
  if (operation.args.data) for (const name of volumes) await docker.removeVolume(name)
  const kept = (await docker.volumes(labels)).map(({ name }) => name).sort()
  if (operation.args.data) stay.push(...kept.map((name) => `volume ${name}`))
  await files.remove(logsPath(engine, bot.name))
  await files.remove(mirrorPath(engine, bot))
  return {
    removed: { volumes: volumes.filter((name) => !kept.includes(name)).sort(), kept },
    warnings: stay.map((what) => `The ${what} is still there: a container that is not the bot’s uses it`),
  }
}

const removeImages = async ({ engine, bot }: Run): Promise<string[]> => {
  const stay: string[] = []
  for (const { id, tags } of await engine.docker.images(botLabels(engine.settings.instance, bot.name))) {
    for (const reference of tags.length > 0 ? tags : [id]) {
      if (!(await removeImage(engine, reference))) stay.push(`image ${reference}`)
    }
  }
  return stay
}

export const removeNetworks = async ({ engine: { docker, settings }, bot }: Run): Promise<string[]> => {
  const stay: string[] = []
  for (const { id, name } of await docker.networks(botLabels(settings.instance, bot.name))) {
    if (!(await docker.removeNetwork(id))) stay.push(`network ${name}`)
  }
  return stay
}

/** Gives the operations that were queued and have nothing to work on any more. */
export const forget = async ({ engine, bot, operation }: Run, entities: EntityManager): Promise<Operation[]> => {
  const now = engine.clock.now()
  const ofBot = { botId: bot.id }
  await entities.update(BotSchema, { id: bot.id }, { removedAt: now, env: {}, lock: null })
  await entities.update(ReleaseSchema, ofBot, { containerId: null, imageId: null, replaced: null, env: null })
  await entities.update(ReleaseSchema, { ...ofBot, state: 'active' }, { state: 'superseded' })
  await entities.update(BackupSchema, ofBot, { botId: null })
  await entities.delete(SecretSchema, ofBot)
  await entities.delete(KeptContainerSchema, ofBot)
  if (operation.args.data) await entities.delete(VolumeCopySchema, ofBot)
  if (operation.args.data) await entities.delete(BotVolumeSchema, { botName: bot.name })
  const queued = (await unfinishedOperations(entities, bot.id)).filter(({ id }) => id !== operation.id)
  const error = { code: 'bot_removed' as const, message: `Not begun: #${operation.id} removed ${bot.name}` }
  for (const { id } of queued) {
    await changeOperation(entities, id, { state: 'superseded', endedAt: now, outcome: { error } })
  }
  return queued
}
