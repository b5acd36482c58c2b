import { instanceLabels } from '../../deploy-engine/container/labels.ts'
import { type BotStatus, botStatus, type Engine, type Operation, type Release } from '../../deploy-engine/index.ts'
import type { Container, DockerPort } from '../../deploy-engine/ports.ts'
import { keptContainersOf } from '../../deploy-engine/records/kept-container.ts'
import { OperationSchema } from '../../deploy-engine/records/operation.ts'
import { releasesOf } from '../../deploy-engine/records/release.ts'

/** What the records, Docker, Telegram and the disk say of one bot at one moment. */
export type Snapshot = {
  operations: Operation[]
  /** Newest first. */
  releases: Release[]
  keptContainers: string[]
  status: BotStatus['state']
  containers: Container[]
  images: { id: string; tags: string[] }[]
  networks: number
  volumes: string[]
  temporary: string[]
  telegram: { pending: number; pollers: string[] | 'not known'; conflicts: number }
}

type Around = Pick<Snapshot, 'temporary' | 'telegram' | 'volumes'> & { docker: DockerPort; bot: string }

export const takeSnapshot = async (engine: Engine, { docker, bot, ...around }: Around): Promise<Snapshot> => {
  const { read } = engine.database
  const { instance } = engine.settings
  const status = await botStatus(engine, bot)
  const { id } = status.bot
  const ours = await docker.containers(instanceLabels(instance))
  const found = await Promise.all(ours.map((container) => docker.container(container.id)))
  return {
    operations: await read.find(OperationSchema, { where: { botId: id }, order: { id: 'ASC' } }),
    releases: await releasesOf(read, id),
    keptContainers: (await keptContainersOf(read, id)).map(({ containerId }) => containerId),
    status: status.state,
    containers: found.flatMap((container) => (container && !isAtWork(container, engine.clock.now()) ? container : [])),
    images: await docker.images(instanceLabels(instance)),
    networks: (await docker.networks(instanceLabels(instance))).length,
    ...around,
  }
}

/** The watch over unproven releases may just be looking. */
const isAtWork = ({ labels, startedAt }: Container, now: number): boolean =>
  labels['tbs.role'] === 'probe' && now - startedAt < PROBE_MS

/** No probe takes so long. */
export const PROBE_MS = 15_000

export const activeOf = ({ releases }: Snapshot): Release | undefined =>
  releases.find(({ state }) => state === 'active')
