import type {
  Container,
  ContainerEvent,
  ContainerFile,
  ContainerSpec,
  FilesPort,
  Labels,
  LogLine,
  Owner,
  RestartPolicy,
} from '../../../deploy-engine/ports.ts'
import type { Behaviour } from './behaviour.ts'
import { cutOff } from './refused.ts'
import type { MemoryTelegram } from './telegram.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What lives on when its clients go: all that dockerd keeps. */
export type Daemon = {
  apiVersion: string
  clock: VirtualClock
  telegram: MemoryTelegram
  /** Where the contexts of builds are read. */
  files: Pick<FilesPort, 'readText'>
  images: Map<string, MemoryImage>
  machines: Map<string, Machine>
  networks: Map<string, { name: string; subnet: string; labels: Labels }>
  volumes: Map<string, Volume>
  /** What happened to containers last, oldest first, and who wants to know. */
  events: ContainerEvent[]
  listeners: Set<(event: ContainerEvent) => void>
  /** Aborts when the daemon goes away; undefined while it is away. */
  session: AbortController | undefined
  newId(): string
}

export type Volume = { labels: Labels; owner: Owner; files: Map<string, string> }

export type MemoryImage = {
  id: string
  tags: Set<string>
  labels: Labels
  user: string
  workdir: string
  behaviour: Behaviour
  /** Absent: nobody knows. */
  builtAt?: number
  /** A build that was given up still holds its last layer. */
  heldUntil: number
}

/** A container, and the process in it. */
export type Machine = {
  id: string
  image: MemoryImage
  spec: MachineSpec
  /** Shares this container's network instead of having its own. */
  beside?: string
  state: 'created' | 'running' | 'restarting' | 'exited'
  paused: boolean
  /** What its process does as soon as it goes on. */
  frozen: (() => void)[]
  startedAt: number
  finishedAt: number
  exitCode: number
  /** It came to its end for want of memory, the last time. */
  outOfMemory: boolean
  restarts: number
  /** Starts of all kinds. */
  starts: number
  /** Restarts in a row of a process that did not live long: each waits twice as long. */
  quick: number
  restart: RestartPolicy
  /** Stopped or killed from outside: the restart policy leaves it alone. */
  stoppedByHand: boolean
  health: Container['health']
  lastCheck?: NonNullable<Container['lastCheck']>
  /** What its web server says; absent: it has none. */
  answers?: { status: number; body: string }
  output: LogLine[]
  /** Who wants to know what it prints. */
  readers: Set<(line: LogLine) => void>
  files: Map<string, ContainerFile>
  changes: Map<string, 0 | 1 | 2>
  process?: Process
  /** Called at the next exit. */
  onExit: Set<() => void>
}

export type MachineSpec = Pick<ContainerSpec, 'name' | 'image' | 'labels' | 'env' | 'mounts' | 'command' | 'user'> & {
  network?: string
}

export type Process = {
  terminate(): void
  requests(): number
  polls(): boolean
  /** Ms since it has asked the Bot API for something, if it has a connection to it. */
  askedMs(): number | undefined
  thaw(): void
  vanish(): void
}

export const BASE_IMAGE = 'node:24-bookworm-slim'

export const memoryDaemon = (parts: Pick<Daemon, 'clock' | 'telegram' | 'files'>): Daemon => {
  let made = 0
  const newId = () => (made++).toString(16).padStart(12, '0').padEnd(64, 'f')
  const daemon: Daemon = {
    ...parts,
    apiVersion: '1.41',
    images: new Map(),
    machines: new Map(),
    networks: new Map([['bridge', { name: 'bridge', subnet: '172.17.0.0/16', labels: {} }]]),
    volumes: new Map(),
    events: [],
    listeners: new Set(),
    session: new AbortController(),
    newId,
  }
  const id = `sha256:${newId()}`
  const base = { labels: {}, user: '', workdir: '/', behaviour: {}, heldUntil: 0 }
  daemon.images.set(id, { id, tags: new Set([BASE_IMAGE]), ...base })
  return daemon
}

export const findImage = ({ images }: Daemon, reference: string): MemoryImage | undefined =>
  images.get(reference) ?? [...images.values()].find(({ tags }) => tags.has(reference))

export const hasLabels = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value)

export const isRunning = ({ state }: Machine): boolean => state === 'running' || state === 'restarting'

export const inspect = (machine: Machine): Container => ({
  id: machine.id,
  name: machine.spec.name,
  labels: machine.spec.labels,
  running: isRunning(machine),
  restarting: machine.state === 'restarting',
  paused: machine.paused,
  startedAt: machine.startedAt,
  finishedAt: machine.finishedAt,
  exitCode: machine.exitCode,
  outOfMemory: machine.outOfMemory,
  error: '',
  restarts: machine.restarts,
  health: machine.health,
  ...(machine.lastCheck && { lastCheck: machine.lastCheck }),
  restart: machine.restart,
  workdir: machine.image.workdir,
})

export const print = ({ clock }: Daemon, { output, readers }: Machine, text: string): void => {
  const line = { at: clock.now(), text }
  output.push(line)
  for (const read of [...readers]) read(line)
}

/** Whoever is connected loses the connection. */
export const goAway = (daemon: Daemon): void => {
  const { session } = daemon
  daemon.session = undefined
  daemon.events.length = 0
  session?.abort(cutOff())
}
