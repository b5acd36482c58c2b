import { randomBytes } from 'node:crypto'
import type { ContainerSpec, DockerPort, FilesPort, Labels } from '../../deploy-engine/ports.ts'
import type { Behaviour } from '../helpers/memory-docker/behaviour.ts'
import { contextOf } from './program.ts'

/** One daemon to hold against the suite. */
export type Daemon = {
  docker: DockerPort
  files: FilesPort
  /** Where contexts of builds are written. */
  directory: string
  sleep(ms: number): Promise<void>
  now(): number
  /** Time passes while this is done. */
  during<T>(work: Promise<T>): Promise<T>
  close(instance: string): Promise<void>
}

export type Bench = Omit<Daemon, 'close'> & {
  close(): Promise<void>
  labels: Labels
  network: string
  subnet: string
  name(what: string): string
  /** Builds an image that behaves so; gives its tag. */
  image(behaviour: Behaviour): Promise<string>
  build(
    behaviour: Behaviour,
    signal?: AbortSignal,
    tag?: string,
  ): ReturnType<DockerPort['build']> & { tag: string; lines: string[] }
  /** Creates a container of such an image. */
  create(behaviour: Behaviour, spec?: Partial<ContainerSpec>): Promise<string>
  /** Waits until Docker says so of the container. */
  until(id: string, wanted: (found: Found) => boolean): Promise<Found>
}

type Found = NonNullable<Awaited<ReturnType<DockerPort['container']>>>

const PATIENCE_MS = 20_000
const SETTLED_MS = 400

export const benchOn = async (daemon: Daemon): Promise<Bench> => {
  const { docker, files, directory, sleep, now } = daemon
  const instance = `tbs-t${randomBytes(4).toString('hex')}`
  const labels = { 'tbs.instance': instance }
  const [third = 0, fourth = 0] = randomBytes(2)
  const subnet = `10.199.${third}.${fourth & 0xf0}/28`
  const images = new Map<string, Promise<string>>()
  let made = 0

  const bench: Bench = {
    ...daemon,
    labels,
    network: instance,
    subnet,
    name: (what) => `${instance}-${what}-${made++}`,
    build: (behaviour, signal = new AbortController().signal, tag = `${instance}/bot:${made}`) => {
      made += 1
      const context = `${directory}/${made}`
      const lines: string[] = []
      const content = contextOf(behaviour, instance)
      const building = (async () => {
        for (const [path, text] of Object.entries(content)) await files.writeText(`${context}/${path}`, text)
        const what = { context, files: Object.keys(content), dockerfile: 'Dockerfile', tag }
        const caps = { buildkit: false, memoryBytes: 512 * 1024 ** 2, cpus: 1 }
        return docker.build({ ...what, ...caps, args: {} }, (line) => lines.push(line.text), signal)
      })()
      return Object.assign(building, { tag, lines })
    },
    image: (behaviour) => {
      const key = JSON.stringify(behaviour)
      const build = async () => {
        const building = bench.build(behaviour)
        const failed = await building
        if (failed) throw new Error(failed.reason)
        return building.tag
      }
      const found = images.get(key) ?? build()
      images.set(key, found)
      return found
    },
    create: async (behaviour, spec = {}) => {
      const image = await bench.image(behaviour)
      return docker.createContainer({ ...specOf(bench, image), ...spec })
    },
    until: async (id, wanted) => {
      for (const limit = now() + PATIENCE_MS; ; ) {
        const found = await docker.container(id)
        if (found && wanted(found)) return found
        if (now() > limit) throw new Error(`it never came to that: ${JSON.stringify(found)}`)
        await sleep(20)
      }
    },
    close: () => daemon.close(instance),
  }
  await daemon.during(docker.createNetwork({ name: instance, subnet, labels }))
  return bench
}

const specOf = ({ labels, network, name }: Bench, image: string): ContainerSpec => ({
  name: name('c'),
  image,
  env: { GREETING: 'hello' },
  labels: { ...labels, 'tbs.role': 'bot' },
  network,
  extraNetworks: [],
  extraHosts: [],
  mounts: [],
  ports: [],
  memoryBytes: 128 * 1024 ** 2,
  cpus: 1,
  pids: 64,
  capDrop: ['ALL'],
  capAdd: [],
})

/** Until a program that was just started has set up what it does on signals. */
export const settled = ({ sleep }: Bench) => sleep(SETTLED_MS)
