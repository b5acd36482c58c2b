import { botLabels } from '../container/labels.ts'
import type { Engine } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { type KeptContainer, keptContainersOf } from '../records/kept-container.ts'
import { type Operation, unfinishedOperations } from '../records/operation.ts'
import { activeRelease, type Release } from '../records/release.ts'

/** What removing a bot would do, as it is now. */
export type RemovePreview = {
  bot: Bot
  /** The version that would be stopped, or is. */
  release: Release | undefined
  /** Names of what would go. */
  containers: string[]
  images: string[]
  networks: string[]
  /** Of the containers that would go, those of earlier releases with data outside volumes: it would be lost. */
  keptData: KeptContainer[]
  /** Volumes that stay, and go only with `data`. */
  volumes: string[]
  /** What has to end first. */
  unfinished: Operation[]
}

/** Changes nothing. Fails with `unknown_bot`. */
export const removePreview = async (
  { database: { read }, docker, settings }: Engine,
  name: string,
): Promise<RemovePreview> => {
  const bot = await botByName(read, name)
  const labels = botLabels(settings.instance, bot.name)
  const [containers, images, networks, volumes] = await Promise.all([
    docker.containers(labels),
    docker.images(labels),
    docker.networks(labels),
    docker.volumes(labels),
  ])
  return {
    bot,
    release: await activeRelease(read, bot.id),
    containers: containers.map((container) => container.name).sort(),
    images: images.flatMap(({ id, tags }) => (tags.length > 0 ? tags : [id])).sort(),
    networks: networks.map((network) => network.name).sort(),
    keptData: await keptContainersOf(read, bot.id),
    volumes: volumes.map((volume) => volume.name).sort(),
    unfinished: await unfinishedOperations(read, bot.id),
  }
}
