import { instanceLabels } from '../../container/labels.ts'
import type { Engine, Labels } from '../../ports.ts'
import { allBots, type Bot } from '../../records/bot.ts'
import { botVolumes } from '../../records/bot-volume.ts'
import { KeptContainerSchema } from '../../records/kept-container.ts'
import { unfinishedOperations } from '../../records/operation.ts'
import { type Release, releasesOf, wayBack } from '../../records/release.ts'
import { VolumeCopySchema } from '../../records/volume-copy.ts'
import { leftBehind } from '../remove-replaced.ts'

/** `id`: what Docker takes for its name. `bot`: as its label says; there may be none of that name. */
export type Orphan = { kind: 'container' | 'image' | 'network' | 'volume'; id: string; name: string; bot: string }

/**
 * What carries this installation's label and the name of a bot, and belongs to nothing. Volumes only if they are
 * copies: the data of a removed bot is kept on purpose. Of a bot that is being worked on, nothing.
 */
export const findOrphans = async (engine: Engine): Promise<Orphan[]> => {
  // Docker first: what an operation makes after this is not in it, and what it made before has its rows by then.
  const there = await listAll(engine)
  const known = await knownOf(engine)
  const working = new Set((await unfinishedOperations(engine.database.read)).map(({ botId }) => botId))
  const isIdle = ({ bot: name }: Orphan) => {
    const bot = known.find(({ bot }) => bot.name === name)?.bot
    return !bot || (!working.has(bot.id) && !engine.running.bots.has(bot.id))
  }
  const orphans = await Promise.all([
    ...there.containers.map(async (one) => ((await isNeeded(engine, one, known)) ? [] : [one])),
    ...there.images.map(async (one) => (hasRelease(one, known) ? [] : [one])),
    ...there.networks.map(async (one) => (known.some(({ bot }) => bot.name === one.bot) ? [] : [one])),
    orphanedVolumes(engine, there.volumes, known),
  ])
  return orphans
    .flat()
    .filter(isIdle)
    .map(({ kind, id, name, bot }) => ({ kind, id, name, bot }))
}

type Found = Orphan & { labels: Labels }
type FoundContainer = Found & { running: boolean }
type FoundImage = Found & { imageId: string }

const listAll = async ({ docker, settings }: Engine) => {
  const ours = instanceLabels(settings.instance)
  const [containers, images, networks, volumes] = await Promise.all([
    docker.containers(ours),
    docker.images(ours),
    docker.networks(ours),
    docker.volumes(ours),
  ])
  const found = (kind: Orphan['kind'], { id, name, labels }: { id: string; name: string; labels: Labels }): Found[] =>
    // What has no bot is the installation's own: the manager itself, and what upgrades it.
    labels['tbs.bot'] === undefined ? [] : [{ kind, id, name, bot: labels['tbs.bot'], labels }]
  return {
    containers: containers.flatMap((one): FoundContainer[] =>
      found('container', one).map((orphan) => ({ ...orphan, running: one.running })),
    ),
    images: images.flatMap(({ id, tags, labels }) =>
      (tags.length > 0 ? tags : [id]).flatMap((name): FoundImage[] =>
        found('image', { id: name, name: short(name), labels }).map((one) => ({ ...one, imageId: id })),
      ),
    ),
    networks: networks.flatMap((one) => found('network', one)),
    volumes: volumes.flatMap(({ name, labels }) => found('volume', { id: name, name, labels })),
  }
}

const short = (name: string): string => (name.startsWith('sha256:') ? name.slice(7, 19) : name)

type Known = { bot: Bot; releases: Release[]; kept: string[] }

const knownOf = async ({ database: { read } }: Engine): Promise<Known[]> => {
  const kept = await read.find(KeptContainerSchema)
  return Promise.all(
    (await allBots(read)).map(async (bot) => ({
      bot,
      releases: await releasesOf(read, bot.id),
      kept: kept.filter(({ botId }) => botId === bot.id).map(({ containerId }) => containerId),
    })),
  )
}

const PROBE_MS = 60_000

const isNeeded = async (
  { docker, clock }: Engine,
  { id, bot: name, labels, running }: FoundContainer,
  known: readonly Known[],
): Promise<boolean> => {
  // An image gives its labels to whatever somebody starts from it.
  if (labels['tbs.role'] === undefined && running) return true
  // A look at a bot comes at any time, and takes less than a second.
  if (labels['tbs.role'] === 'probe') {
    const { startedAt = clock.now() } = (await docker.container(id)) ?? {}
    return startedAt === 0 || clock.now() - startedAt < PROBE_MS
  }
  const of = known.find(({ bot }) => bot.name === name)
  if (!of || labels['tbs.role'] !== 'bot') return false
  const active = of.releases.find(({ state }) => state === 'active')
  return [active?.containerId, wayBack(of.releases)?.containerId, ...of.kept].includes(id)
}

const hasRelease = ({ id, imageId, bot: name }: FoundImage, known: readonly Known[]): boolean => {
  const releases = known.find(({ bot }) => bot.name === name)?.releases ?? []
  return releases.some((one) => one.imageId !== null && (one.image === id || (id === imageId && one.imageId === id)))
}

const orphanedVolumes = async (
  engine: Engine,
  volumes: readonly Found[],
  known: readonly Known[],
): Promise<Found[]> => {
  const { read } = engine.database
  const copies = new Set((await read.find(VolumeCopySchema)).map(({ name }) => name))
  const left = await Promise.all(
    known.map(async ({ bot }) => {
      const rows = (await botVolumes(read, bot.name)).map(({ name }) => name)
      return (await leftBehind(engine, bot)).filter((name) => !rows.includes(name))
    }),
  )
  return volumes.filter(({ id, bot: name, labels }) => {
    const isCopy = labels['tbs.role'] === 'copy' && known.some(({ bot }) => bot.name === name)
    return (isCopy && !copies.has(id)) || left.flat().includes(id)
  })
}
