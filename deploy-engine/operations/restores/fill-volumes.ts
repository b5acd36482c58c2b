import { Readable } from 'node:stream'
import type { Manifest } from '../../archive/manifest.ts'
import type { Bytes } from '../../archive/tar-entries.ts'
import { restoredLabels } from '../../container/labels.ts'
import { volumeName } from '../../container/volume-name.ts'
import { SYNC, volumeTask } from '../../container/volume-task.ts'
import { messageOf, TbsError } from '../../error.ts'
import { BotVolumeSchema, botVolumes, emptyAgain } from '../../records/bot-volume.ts'
import { currentVolumes } from '../current-volumes.ts'
import { throughRestarts } from '../docker-back.ts'
import { type Run, step } from '../journal.ts'
import { removeTasks } from '../volume-tasks.ts'

/**
 * Makes a new volume for each one of a backup and unpacks it there. They are the bot's from the end of this step on,
 * but no container of it has them before the switch. Fails like reading the file, or with `data_failed` or `disk_full`.
 */
export const fillVolumes = async (run: Run, { volumes }: Manifest, file: string): Promise<void> => {
  if (volumes.length === 0) return
  const current = await currentVolumes(run)
  await step(run, {
    name: 'unpack',
    act: async () => {
      const { engine, signal } = run
      for (const { path } of volumes) await createRestored(run, path)
      await engine.archive.read(file, {
        identities: [await engine.backupKeys.identity()],
        signal,
        maxBytes: Number.POSITIVE_INFINITY,
        onManifest: (again) => {
          const same = JSON.stringify(again.volumes) === JSON.stringify(volumes)
          if (!same) throw new TbsError('part_differs', 'The file of the backup was changed meanwhile')
        },
        onVolume: ({ path }, content) => fill(run, path, content),
      })
    },
    commit: async (entities) => {
      const { engine, bot, operation } = run
      const made = { botName: bot.name, state: 'new' as const, operationId: operation.id, filledBy: operation.id }
      const since = engine.clock.now()
      for (const { path } of volumes) {
        const replaces = current.find((volume) => volume.path === path)?.name ?? null
        const row = { name: restoredName(run, path), path, replaces, since }
        await entities.insert(BotVolumeSchema, { ...made, ...row })
      }
    },
  })
}

const restoredName = ({ engine, bot, operation }: Run, path: string): string =>
  `${volumeName(engine.settings.instance, bot.name, path)}.restored-${operation.id}`

const createRestored = (run: Run, path: string): Promise<void> =>
  run.engine.docker.createVolume({ name: restoredName(run, path), labels: { ...ownLabels(run), 'tbs.path': path } })

const ownLabels = ({ engine, bot, operation }: Run) => ({
  ...restoredLabels(engine.settings.instance, bot.name),
  'tbs.operation': String(operation.id),
})

const fill = async (run: Run, path: string, content: Bytes): Promise<void> => {
  const { engine, bot, operation, signal } = run
  const { docker, settings } = engine
  const name = `${settings.instance}-${bot.name}-data-${operation.id}`
  const mounts = [{ volume: restoredName(run, path), path: '/data' }]
  const id = await docker.createContainer(volumeTask(settings, { bot: bot.name, name }, { script: SYNC, mounts }))
  try {
    await docker.writeDirectory(id, '/data', Readable.from(content, { objectMode: false }), signal)
    await docker.start(id)
    const exitCode = await docker.wait(id, signal)
    if (exitCode !== 0) throw new TbsError('data_failed', `The data of ${path} could not be written to the disk`)
  } catch (error) {
    signal.throwIfAborted()
    throw explained(error, path)
  } finally {
    await docker.removeContainer(id)
  }
}

const explained = (error: unknown, path: string): unknown => {
  if (error instanceof TbsError || !/no space left on device/i.test(messageOf(error))) return error
  return new TbsError('disk_full', `The disk is full: the data of ${path} does not fit on it`, {
    hint: 'Nothing was changed. Free some disk; /prune shows which images nothing needs',
    cause: error,
  })
}

/** Forgets what the operation was to bring up, and removes the volumes that it made for that. Idempotent. */
export const dropFilled = async (run: Run): Promise<void> => {
  const { engine, bot, operation } = run
  const { docker, database } = engine
  await throughRestarts(engine, async () => {
    await removeTasks(run)
    const kept = (await botVolumes(database.read, bot.name)).filter(({ state }) => state !== 'new')
    for (const { name } of await docker.volumes(ownLabels(run))) {
      if (!kept.some((volume) => volume.name === name)) await docker.removeVolume(name)
    }
  })
  await database.transaction((entities) => emptyAgain(entities, operation.id))
}
