import { containerName, containerSpec, variablesOf } from '../container/container-spec.ts'
import { envFile } from '../container/env-file.ts'
import { imageUser } from '../container/image-user.ts'
import { botContainerLabels } from '../container/labels.ts'
import { PROBE_IMAGE } from '../container/probe.ts'
import { volumeName } from '../container/volume-name.ts'
import { TbsError } from '../error.ts'
import { activeRelease, type Release } from '../records/release.ts'
import { ensureNetwork } from './ensure-network.ts'
import { type Run, step } from './journal.ts'
import { type BotSecrets, botSecrets } from './secrets.ts'

const FREE_BYTES = 300 * 1024 * 1024

/** What the switch works with. `previous` is the container that must stop first. */
export type Prepared = { next: string; previous: Previous | undefined; secrets: BotSecrets }
export type Previous = { release: Release; containerId: string }

/** Everything that can fail without touching the running version; ends with a created, not started container. */
export const prepare = (run: Run, release: Release, reuse?: string): Promise<Prepared> =>
  step(run, {
    name: 'prepare',
    act: async () => {
      const { engine, bot, signal } = run
      const secrets = await botSecrets(engine, bot)
      await engine.telegram.getMe(secrets.token, signal)
      await refuseFullDisk(run)
      if (!(await engine.docker.image(PROBE_IMAGE))) await engine.docker.pull(PROBE_IMAGE, signal)
      const next = reuse ?? (await createContainer(run, release, secrets))
      return { next, previous: await runningVersion(run), secrets }
    },
  })

const refuseFullDisk = async ({ engine }: Run): Promise<void> => {
  const { freeBytes } = await engine.files.freeDisk(engine.settings.dataDir)
  if (freeBytes >= FREE_BYTES) return
  const free = Math.floor(freeBytes / 1024 / 1024)
  throw new TbsError('disk_full', `Only ${free} MB of disk are free`, { hint: 'Free some disk and deploy again' })
}

const createContainer = async (run: Run, release: Release, secrets: BotSecrets): Promise<string> => {
  const { engine, bot, operation } = run
  const { docker, settings } = engine
  const image = release.imageId === null ? undefined : await docker.image(release.imageId)
  if (!image) {
    const message = `The image of v${release.number} is gone`
    throw new TbsError('release_gone', message, { hint: `/deploy ${bot.name} ${release.sha.slice(0, 7)}` })
  }
  const network = await ensureNetwork(run)
  await ensureVolumes(run, release.plan.volumes)
  const order = { settings, bot: bot.name, release: { ...release, imageId: image.id }, ...secrets }
  const spec = containerSpec({
    ...order,
    operation: operation.id,
    name: await freeName(run, release.number),
    imageUser: image.user,
    network,
  })
  const id = await docker.createContainer(spec)
  await putEnvFile(run, { id, user: image.user, volumes: release.plan.volumes, text: envFile(variablesOf(order)) })
  return id
}

const ensureVolumes = async ({ engine, bot }: Run, paths: readonly string[]): Promise<void> => {
  const { instance } = engine.settings
  for (const path of paths) {
    const labels = { 'tbs.instance': instance, 'tbs.bot': bot.name, 'tbs.path': path }
    await engine.docker.createVolume({ name: volumeName(instance, bot.name, path), labels })
  }
}

// A container of the same release may still be there: kept for its data, or the one that is to be replaced.
const freeName = async ({ engine, bot, operation }: Run, release: number): Promise<string> => {
  const { instance } = engine.settings
  const name = containerName(instance, bot.name, release)
  const taken = await engine.docker.containers(botContainerLabels(instance, bot.name))
  return taken.some((container) => container.name === name) ? `${name}-${operation.id}` : name
}

type EnvFile = { id: string; user: string; volumes: readonly string[]; text: string }

// Not into a volume: there the values would outlive the container.
const putEnvFile = async ({ engine: { docker } }: Run, { id, user, volumes, text }: EnvFile): Promise<void> => {
  const container = await docker.container(id)
  if (!container || volumes.some((path) => `${container.workdir}/`.startsWith(`${path.replace(/\/$/, '')}/`))) return
  const passwd = /^[\d:]*$/.test(user) ? undefined : await docker.readFile(id, '/etc/passwd')
  const owner = imageUser(user, passwd?.toString('utf8') ?? '')
  const file = { name: '.env', content: Buffer.from(text), mode: 0o400, ...owner }
  await docker.putFiles(id, container.workdir, [file])
}

const runningVersion = async ({ engine, bot }: Run): Promise<Previous | undefined> => {
  const release = await activeRelease(engine.database.read, bot.id)
  if (!release?.containerId || !(await engine.docker.container(release.containerId))) return undefined
  return { release, containerId: release.containerId }
}
