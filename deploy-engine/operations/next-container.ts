import { containerName, containerSpec, variablesOf } from '../container/container-spec.ts'
import { envFile } from '../container/env-file.ts'
import { imageUser } from '../container/image-user.ts'
import { botContainerLabels, botLabels, filesLabel, taskLabels } from '../container/labels.ts'
import { volumeName } from '../container/volume-name.ts'
import { TbsError } from '../error.ts'
import type { ContainerSpec, Image, Owner } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { botVolumes, restoredNames } from '../records/bot-volume.ts'
import type { Release } from '../records/release.ts'
import { ensureNetwork } from './ensure-network.ts'
import type { Run } from './journal.ts'
import { absolutePaths, putOwnFiles } from './own-files.ts'
import type { BotSecrets } from './secrets.ts'
import { type Disowned, disownedVolumes } from './volume-owner.ts'

export type NextOrder = { release: Release; secrets: BotSecrets; previous: { release: Release } | undefined }

type Next = { id: string; spec: ContainerSpec; uid: number; disowned: Disowned | undefined; notes: string[] }

/** Creates a release's container with everything in it, does not start it, and looks at what it would find. */
export const createNext = async (run: Run, { release, secrets, previous }: NextOrder): Promise<Next> => {
  const { engine, bot, operation } = run
  const { docker, settings } = engine
  const [image, network, name, restored, filled, mounted] = await Promise.all([
    imageOf(run, release),
    ensureNetwork(run),
    freeName(run, release.number),
    restoredNames(engine.database.read, bot.name, operation.id),
    filledBy(run),
    previous ? mountsOf(run, previous.release) : [],
  ])
  const existing = await ensureVolumes(run, release.plan.volumes, restored)
  const order = {
    settings,
    bot: bot.name,
    release: { ...release, imageId: image.id, plan: withLimits(release.plan, bot) },
    ...secrets,
    restored,
  }
  const own = { workdir: image.workdir, volumes: release.plan.volumes, files: secrets.files }
  const whole = containerSpec({ ...order, operation: operation.id, name, imageUser: image.user, network })
  const labelled = { ...whole, labels: { ...whole.labels, ...filesLabel(absolutePaths(own)) } }
  const spec = withoutCopies(labelled, [...mounted, ...filled])
  const id = await docker.createContainer(spec)
  const owner = await userOf(run, id, image)
  const notes = await putOwnFiles(run, id, { ...own, owner, env: envFile(variablesOf(order)) })
  // The common case costs no look: who wrote the data until now goes on writing it.
  const inUse = previous?.release.plan.uid === owner.uid ? mounted : []
  const mounts = spec.mounts.filter(({ volume }) => !inUse.includes(volume))
  const suspect = mounts.flatMap(({ volume }) => (existing.includes(volume) ? [volume] : []))
  const disowned = await disownedVolumes(run, { container: id, owner, mounts, suspect })
  return { id, spec, uid: owner.uid, disowned, notes }
}

/** How the release hook is run: as the version itself would be, for a moment. */
export const hookSpec = (spec: ContainerSpec, command: string[] | undefined): ContainerSpec | undefined => {
  if (command === undefined) return undefined
  const { 'tbs.instance': instance = '', 'tbs.bot': bot = '' } = spec.labels
  return { ...spec, name: `${spec.name}-hook`, command, labels: taskLabels(instance, bot), ports: [] }
}

/** Limits that a person set hold for every release, also on the way back. */
const withLimits = (plan: Release['plan'], { memoryBytes, cpus }: Bot): Release['plan'] => ({
  ...plan,
  memoryBytes: memoryBytes ?? plan.memoryBytes,
  cpus: cpus ?? plan.cpus,
})

const imageOf = async ({ engine, bot }: Run, release: Release): Promise<Image> => {
  const image = release.imageId === null ? undefined : await engine.docker.image(release.imageId)
  if (image) return image
  const hint = `/deploy ${bot.name} ${release.sha.slice(0, 7)}`
  throw new TbsError('release_gone', `The image of v${release.number} is gone`, { hint })
}

/** Gives the names of those that were there before. */
const ensureVolumes = async (
  { engine, bot }: Run,
  paths: readonly string[],
  restored: Readonly<Record<string, string>>,
): Promise<string[]> => {
  if (paths.length === 0) return []
  const { instance } = engine.settings
  const labels = botLabels(instance, bot.name)
  const existing = (await engine.docker.volumes(labels)).map(({ name }) => name)
  for (const path of paths) {
    await engine.docker.createVolume({
      name: restored[path] ?? volumeName(instance, bot.name, path),
      labels: { ...labels, 'tbs.path': path },
    })
  }
  return existing
}

/** Volumes of the version that runs now. */
const mountsOf = async ({ engine, bot }: Run, { plan }: Release): Promise<string[]> => {
  const restored = await restoredNames(engine.database.read, bot.name)
  return plan.volumes.map((path) => restored[path] ?? volumeName(engine.settings.instance, bot.name, path))
}

const filledBy = async ({ engine, bot, operation }: Run): Promise<string[]> =>
  (await botVolumes(engine.database.read, bot.name)).flatMap(({ name, filledBy }) =>
    filledBy === operation.id ? [name] : [],
  )

// Docker fills an empty volume and gives it another owner at the creation already, when the old version still uses it.
const withoutCopies = (spec: ContainerSpec, inUse: readonly string[]): ContainerSpec => ({
  ...spec,
  mounts: spec.mounts.map((mount) => ({ ...mount, bare: inUse.includes(mount.volume) })),
})

// A container of the same release may still be there: kept for its data, or the one that is to be replaced.
const freeName = async ({ engine, bot, operation }: Run, release: number): Promise<string> => {
  const { instance } = engine.settings
  const name = containerName(instance, bot.name, release)
  const taken = await engine.docker.containers(botContainerLabels(instance, bot.name))
  return taken.some((container) => container.name === name) ? `${name}-${operation.id}` : name
}

// Docker looks a user up at the start only, which would be after the old version's stop.
export const userOf = async (
  { engine: { docker } }: Pick<Run, 'engine'>,
  id: string,
  { user }: Image,
): Promise<Owner> => {
  const complete = /^[\d:]*$/.test(user) ? imageUser(user, '') : undefined
  if (complete) return complete
  const passwd = (await docker.readFile(id, '/etc/passwd'))?.toString('utf8')
  const owner = imageUser(user, passwd ?? '')
  if (owner) return owner
  const where = passwd === undefined ? 'has no /etc/passwd' : 'does not list it in /etc/passwd'
  throw new TbsError('unknown_user', `The image runs as the user ${user}, but ${where}`, {
    hint: 'Use a number in USER, or create that user in the Dockerfile',
  })
}
