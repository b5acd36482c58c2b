import { dataFiles } from '../container/data-files.ts'
import { botContainerLabels, botLabels, ownFilesOf } from '../container/labels.ts'
import { messageOf } from '../error.ts'
import type { Engine, Labels } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { type KeptContainer, KeptContainerSchema, keptContainersOf } from '../records/kept-container.ts'
import { type Release, ReleaseSchema, releasesOf, wayBack } from '../records/release.ts'
import { removeVersion } from './keep-log.ts'
import { removeReplaced } from './remove-replaced.ts'
import { removeOldCopies } from './volume-copies.ts'

const DIFF_LIMIT_MS = 10_000
const SPARE_RELEASES = 3
const ROOMY = 0.25
const PATHS = 10
const RELEASE_TRIES = 15
const RELEASE_MS = 200

/**
 * Removes what a bot no longer needs: containers, then images. Kept are the active one, the proven one before it
 * while the active one is unproven, containers that hold data files outside volumes, and, while over a quarter of the
 * disk is free, three more images. Only called while no operation of the bot is between its build and its end.
 * Gives what a person should know: containers that are newly kept for their data.
 */
export const tidyBot = async (engine: Engine, bot: Bot, spares: number = SPARE_RELEASES): Promise<string[]> => {
  const warnings = await tidyContainers(engine, bot)
  await tidyImages(engine, bot, spares)
  await removeOldCopies(engine, bot)
  await removeReplaced(engine, bot)
  return warnings
}

const tidyContainers = async (engine: Engine, bot: Bot): Promise<string[]> => {
  const { database, docker, settings } = engine
  const releases = await releasesOf(database.read, bot.id)
  const kept = await keptContainersOf(database.read, bot.id)
  const active = releases.find((release) => release.state === 'active')
  const keep = new Set([active?.containerId, wayBack(releases)?.containerId, ...kept.map((one) => one.containerId)])
  const containers = await docker.containers(botContainerLabels(settings.instance, bot.name))
  const warnings: string[] = []
  for (const container of containers.filter(({ id }) => !keep.has(id))) {
    const warning = await letGo(engine, bot, { container, releases })
    if (warning !== undefined) warnings.push(warning)
  }
  await forgetGone(engine, { releases, kept, containers: containers.map(({ id }) => id) })
  return warnings
}

type Left = { container: { id: string; name: string; labels: Labels }; releases: readonly Release[] }

/** Removes a container of one of a bot's versions, or keeps it for the data in it, and says so. */
export const letGo = async (engine: Engine, bot: Bot, { container, releases }: Left): Promise<string | undefined> => {
  const { id, name, labels } = container
  const release = releases.find(({ number }) => String(number) === labels['tbs.release'])
  const paths = release && release.state !== 'failed' ? await changedData(engine, { id, labels }) : []
  if (!release || paths.length === 0) {
    await removeVersion(engine, bot, id)
    return undefined
  }
  await keepForData(engine, { release, container: id, paths })
  return `The container ${name} of v${release.number} is kept: it holds data outside volumes (${paths[0]})`
}

type WithData = { release: Release; container: string; paths: string[] }

const keepForData = async (engine: Engine, { release, container, paths }: WithData): Promise<void> => {
  const row = { containerId: container, botId: release.botId, release: release.number, keptAt: engine.clock.now() }
  await engine.docker.setRestart(container, 'no')
  await engine.database.transaction((entities) =>
    entities.upsert(KeptContainerSchema, { ...row, paths: paths.slice(0, PATHS) }, ['containerId']),
  )
}

type Known = { releases: Release[]; kept: KeptContainer[]; containers: string[] }

// People remove containers by hand, too.
const forgetGone = async (engine: Engine, { releases, kept, containers }: Known): Promise<void> => {
  for (const { containerId } of kept.filter((one) => !containers.includes(one.containerId))) {
    await engine.database.transaction((entities) => entities.delete(KeptContainerSchema, { containerId }))
  }
  for (const release of releases.filter(({ state, containerId }) => state === 'superseded' && containerId)) {
    const gone = (await engine.docker.container(release.containerId ?? '')) === undefined
    if (gone) await updateRelease(engine, release, { containerId: null })
  }
}

const changedData = async (engine: Engine, { id, labels }: { id: string; labels: Labels }): Promise<string[]> => {
  try {
    return dataFiles(await engine.docker.diff(id, AbortSignal.timeout(DIFF_LIMIT_MS)), ownFilesOf(labels))
  } catch (error) {
    engine.log.warn({ container: id, error: messageOf(error) }, 'the changed files of a container could not be read')
    return ['(not known: reading its changed files took too long)']
  }
}

const tidyImages = async (engine: Engine, bot: Bot, spares: number): Promise<void> => {
  const { docker, settings } = engine
  await removeBuilders(engine, bot)
  const releases = await releasesOf(engine.database.read, bot.id)
  const kept = new Set((await releasesToKeep(engine, releases, spares)).map((release) => release.id))
  for (const release of releases.filter(({ id, imageId }) => imageId !== null && !kept.has(id))) {
    await updateRelease(engine, release, { imageId: null })
  }
  const wanted = releases.filter(({ id }) => kept.has(id))
  const images = await docker.images(botLabels(settings.instance, bot.name))
  for (const reference of images.flatMap((image) => unwantedOf(image, wanted))) await removeImage(engine, reference)
}

/** Names under which an image is to go. Builds of the same source give one image several. */
const unwantedOf = ({ id, tags }: { id: string; tags: string[] }, wanted: Release[]): string[] => {
  const unwanted = tags.filter((tag) => !wanted.some(({ image }) => image === tag))
  if (wanted.some(({ imageId }) => imageId === id)) return unwanted.length < tags.length ? unwanted : []
  return tags.length > 0 ? unwanted : [id]
}

// What a builder that was cut off left behind has our labels, but no role.
const removeBuilders = async ({ docker, settings }: Engine, bot: Bot): Promise<void> => {
  for (const { id, labels } of await docker.containers(botLabels(settings.instance, bot.name))) {
    if (labels['tbs.role'] === undefined) await docker.removeContainer(id)
  }
}

// A build that was cancelled a moment ago holds its last layer until Docker has taken its container away.
/** false: a container still uses it. */
export const removeImage = async ({ docker, clock }: Engine, reference: string): Promise<boolean> => {
  for (let tries = 0; tries < RELEASE_TRIES; tries++) {
    if (await docker.removeImage(reference)) return true
    await clock.sleep(RELEASE_MS)
  }
  return docker.removeImage(reference)
}

/** Of a bot's releases, newest first, those whose images stay: what may be needed, and some to choose from. */
export const releasesToKeep = async (engine: Engine, releases: Release[], spares: number): Promise<Release[]> => {
  const { freeBytes, totalBytes } = await engine.files.freeDisk(engine.settings.dataDir)
  const withImage = releases.filter((release) => release.imageId !== null)
  const active = withImage.find((release) => release.state === 'active')
  const botId = releases[0]?.botId ?? 0
  const withData = (await keptContainersOf(engine.database.read, botId)).map(({ release }) => release)
  const back = wayBack(releases)
  const needed = withImage.filter(
    (release) => release === active || release === back || withData.includes(release.number),
  )
  const good = withImage.find((release) => release !== active && release.proof === 'live')
  const others = withImage.filter(
    (release) => release !== good && !needed.includes(release) && release.proof !== 'none',
  )
  const spare = freeBytes / totalBytes > ROOMY ? others.slice(0, spares) : []
  return [...needed, ...(good ? [good] : []), ...spare]
}

const updateRelease = (engine: Engine, { id }: Release, change: Partial<Release>): Promise<unknown> =>
  engine.database.transaction((entities) => entities.update(ReleaseSchema, { id }, change))
