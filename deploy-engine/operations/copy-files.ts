import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { botContainerLabels } from '../container/labels.ts'
import { placeInVolume } from '../container/place-in-volume.ts'
import { ARRIVING, CLEAR, MAKE_ROOM, PUT } from '../container/put-script.ts'
import { type VolumeTask, volumeTask } from '../container/volume-task.ts'
import { TbsError } from '../error.ts'
import type { Engine, Owner } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { unfinishedOperations } from '../records/operation.ts'
import { activeRelease, type Release } from '../records/release.ts'
import { currentVolumes, type DataVolume } from './current-volumes.ts'
import { userOf } from './next-container.ts'
import { notDeployed } from './pointless.ts'
import { runOnce } from './run-once.ts'

/** `key`: of this request alone. */
export type CopyRequest = { bot: string; path: string; key: string }

/**
 * Writes a file or directory of a stopped bot's volumes as a tar that begins with its name. Fails with `unknown_bot`,
 * `not_stopped`, `bot_busy`, `outside_volumes` or `no_such_path`.
 */
export const copyOut = async (
  engine: Engine,
  request: CopyRequest,
  into: Writable,
  signal: AbortSignal,
): Promise<void> => {
  const { volume, below, spec } = await prepared(engine, request)
  const { docker } = engine
  const id = await docker.createContainer(spec('out', { script: ':', mounts: [mounted(volume)] }))
  try {
    const content = await docker.readPath(id, `/data/${below}`)
    if (!content) {
      throw new TbsError('no_such_path', `${request.bot} has no ${request.path}`, {
        hint: `See what there is: /run ${request.bot}, then exec ${request.bot} -- ls ${volume.path}`,
      })
    }
    await pipeline(content, into, { signal })
  } finally {
    await docker.removeContainer(id)
  }
}

/**
 * Puts what a tar holds, as file/<name> or below directory/, into the volumes of a stopped bot, owned by its image's
 * user. All of it arrives beside before anything is replaced. Fails like `copyOut`, or with `data_failed`.
 */
export const copyIn = async (
  engine: Engine,
  request: CopyRequest,
  content: Readable,
  signal: AbortSignal,
): Promise<void> => {
  const { bot, release, volume, below, spec } = await prepared(engine, request)
  const { docker } = engine
  const owner = await ownerFor(engine, bot, release)
  const mounts = [mounted(volume)]
  await ran(engine, spec('room', { script: MAKE_ROOM, mounts }), signal)
  const args = [`${owner.uid}:${owner.gid}`, below]
  const putting = spec('in', { script: PUT, args, mounts })
  const id = await docker.createContainer(putting)
  try {
    await docker.writeDirectory(id, `/data/${ARRIVING}`, content, signal)
    // It may have been started meanwhile, and would have its data changed under its hands.
    await refuseUnlessStopped(engine, bot)
    await docker.start(id)
    const exitCode = await docker.wait(id, signal)
    if (exitCode !== 0) throw failed(await docker.logs(id, { tail: 1 }))
  } catch (error) {
    await ran(engine, spec('clear', { script: CLEAR, mounts }), AbortSignal.timeout(CLEAR_MS)).catch((err) => {
      engine.log.warn({ err }, 'what had arrived is removed by the next cp')
    })
    throw error
  } finally {
    await docker.removeContainer(id)
  }
}

const CLEAR_MS = 20_000

const prepared = async (engine: Engine, { bot: name, path, key }: CopyRequest) => {
  const { database, settings } = engine
  const bot = await botByName(database.read, name)
  const release = await activeRelease(database.read, bot.id)
  if (!release) throw notDeployed(bot)
  const place = placeInVolume(name, await currentVolumes({ engine, bot }), path)
  await refuseUnlessStopped(engine, bot)
  const spec = (what: string, task: VolumeTask) =>
    volumeTask(settings, { bot: name, name: `${settings.instance}-${name}-cp-${what}-${key}` }, task)
  return { bot, release, ...place, spec }
}

const mounted = ({ name }: DataVolume) => ({ volume: name, path: '/data' })

const refuseUnlessStopped = async ({ database, docker, settings }: Engine, { id, name }: Bot): Promise<void> => {
  const { stoppedAt } = await botByName(database.read, name)
  const containers = await docker.containers(botContainerLabels(settings.instance, name))
  if (stoppedAt === null || containers.some(({ running }) => running)) {
    throw new TbsError('not_stopped', `${name} is not stopped, and may write into its data at any moment`, {
      hint: `Nothing was changed. First /stop ${name}, afterwards /run ${name}`,
    })
  }
  const [busy] = await unfinishedOperations(database.read, id)
  if (busy) throw new TbsError('bot_busy', `${name} is busy: ${busy.kind} #${busy.id}`, { hint: 'Wait for its end' })
}

const ownerFor = async (engine: Engine, { name }: Bot, { imageId, containerId }: Release): Promise<Owner> => {
  const image = imageId === null ? undefined : await engine.docker.image(imageId)
  if (image && containerId !== null) return userOf({ engine }, containerId, image)
  throw new TbsError('release_gone', `The image of ${name} is gone, so that nobody knows its user`, {
    hint: `/deploy ${name}, then /stop ${name} and try again`,
  })
}

const ran = async (engine: Engine, spec: ReturnType<typeof volumeTask>, signal: AbortSignal): Promise<void> => {
  const { exitCode, lines } = await runOnce({ engine, secrets: [] }, spec, { signal })
  if (exitCode !== 0) throw failed(lines.at(-1) ?? '')
}

const failed = (why: string): TbsError =>
  new TbsError('data_failed', `It could not be put there: ${why.trim() || 'see the disk'}`, {
    hint: 'Each file is either as it was or the new one. Correct it and try again',
  })
