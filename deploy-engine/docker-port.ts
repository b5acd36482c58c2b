import type { Readable, Writable } from 'node:stream'
import type { Secret } from './secret.ts'

export type DockerPort = {
  /** Rejects when the daemon does not answer. */
  ping(signal: AbortSignal): Promise<void>
  /** Where the daemon keeps images and containers, on its own host. */
  rootDirectory(signal: AbortSignal): Promise<string>

  /** Of the daemon, for people: "20.10.24". */
  version(): Promise<string>
  /** Of its API: "1.41". */
  apiVersion(): Promise<string>
  /** Resolves with what the builder says when it can't build the image; undefined: it is built. */
  build(request: BuildRequest, onLine: (line: BuildLine) => void, signal: AbortSignal): Promise<FailedBuild | undefined>
  image(reference: string): Promise<Image | undefined>
  /** When the image of a container was built, ms since the epoch; undefined: no such container, or nobody knows. */
  imageBuiltAt(container: string): Promise<number | undefined>
  images(labels: Labels, options?: { dangling?: boolean }): Promise<{ id: string; tags: string[]; labels: Labels }[]>
  /** Bytes of each image that no other one shares, by its id. Docker takes a second or more to count them. */
  imageBytes(): Promise<Map<string, number>>
  pull(reference: string, signal: AbortSignal): Promise<void>
  tag(image: string, repository: string, tag: string): Promise<void>
  /** false: a container still uses it. */
  removeImage(reference: string): Promise<boolean>

  createContainer(spec: ContainerSpec): Promise<string>
  container(id: string): Promise<Container | undefined>
  /** A paused one runs, too. */
  containers(labels: Labels): Promise<{ id: string; name: string; labels: Labels; running: boolean; paused: boolean }[]>
  start(id: string): Promise<void>
  /**
   * SIGTERM, then SIGKILL after the grace period or when the signal aborts. Returns when the process is gone. A paused
   * one is resumed first: else it would not hear the SIGTERM.
   */
  stop(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void>
  kill(id: string): Promise<void>
  /** Freezes its processes where they are; false: it does not run. */
  pause(id: string): Promise<boolean>
  /** They go on. Nothing when it is not paused, or gone. */
  unpause(id: string): Promise<void>
  /** Resolves with the exit code as soon as the container does not run. */
  wait(id: string, signal: AbortSignal): Promise<number>
  removeContainer(id: string): Promise<void>
  setRestart(id: string, policy: RestartPolicy): Promise<void>
  putFiles(id: string, directory: string, files: ContainerFile[]): Promise<void>
  readFile(id: string, path: string): Promise<Buffer | undefined>
  /** Copies a directory with all in it to the same place in another container, into volumes too; false: none. */
  copyDirectory(from: string, to: string, path: string): Promise<boolean>
  /** What is in a directory as a tar archive, also of a container that was never started. Fails when there is none. */
  readDirectory(id: string, path: string): Promise<NodeJS.ReadableStream>
  /** A file or a directory as a tar archive that begins with its name; undefined: there is none. */
  readPath(id: string, path: string): Promise<NodeJS.ReadableStream | undefined>
  /** Unpacks a tar archive into a directory, also of a container that was never started. */
  writeDirectory(id: string, path: string, content: NodeJS.ReadableStream, signal: AbortSignal): Promise<void>
  /** Who owns a path, also below a volume and in a container that was never started; undefined: no such path. */
  ownerOf(id: string, path: string): Promise<Owner | undefined>
  /** Paths that differ from the image: kind 0 changed, 1 added, 2 deleted. */
  diff(id: string, signal: AbortSignal): Promise<{ path: string; kind: 0 | 1 | 2 }[]>
  /** `untilMs`: nothing that was printed later, ms since the epoch. */
  logs(id: string, options: { tail: number; sinceSeconds?: number; untilMs?: number }): Promise<string>
  /** The last lines with their times; with `sinceMs` only what was printed after that moment. */
  logLines(id: string, options: { tail: number; sinceMs?: number }): Promise<LogLine[]>
  /**
   * Calls back with lines as they come, first those of the past; with `sinceMs` only what was printed later.
   * Resolves when the container does not run (any more) or the signal aborts, rejects when Docker goes away.
   */
  followLogs(
    id: string,
    request: { sinceMs?: number; onLines(lines: LogLine[]): void },
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Calls back for what happens to containers with these labels, also for what Docker still knows of the time after
   * `sinceMs`. Resolves when the signal aborts, rejects when Docker goes away.
   */
  events(
    request: { labels: Labels; sinceMs?: number; onEvent(event: ContainerEvent): void },
    signal: AbortSignal,
  ): Promise<void>
  /** What a container takes at this moment; undefined: it does not run. */
  usage(id: string): Promise<Usage | undefined>
  /** Runs a command inside a running container. */
  exec(id: string, command: string[], signal: AbortSignal): Promise<{ exitCode: number; output: string }>
  /** The same with streams, as the image's user; gives the exit code. 126: it could not be started, as stdout says. */
  attach(id: string, request: AttachRequest): Promise<number>
  /** Runs a short-lived container in another one's network and gives what it printed. */
  runBeside(container: string, request: BesideRequest, signal: AbortSignal): Promise<string>

  networks(labels: Labels): Promise<{ id: string; name: string; labels: Labels }[]>
  /** IPv4 subnets of every network of this daemon, ours or not. */
  subnets(): Promise<string[]>
  createNetwork(spec: { name: string; subnet: string; labels: Labels }): Promise<string>
  /** false: a container is attached to it. */
  removeNetwork(id: string): Promise<boolean>
  createVolume(spec: { name: string; labels: Labels }): Promise<void>
  volumes(labels: Labels): Promise<{ name: string; labels: Labels }[]>
  /** false: a container uses it. */
  removeVolume(name: string): Promise<boolean>
}

export type Labels = Record<string, string>
export type RestartPolicy = 'no' | 'unless-stopped'

export type BuildRequest = {
  context: string
  /** Paths below the context that are sent, before .dockerignore is applied. */
  files: string[]
  dockerfile: string
  tag: string
  args: Record<string, string>
  target?: string
  /** Only where the Dockerfile needs it: BuildKit has no caps for memory and CPU. */
  buildkit: boolean
  memoryBytes: number
  cpus: number
}

/** One line of a build's output; `step` is its instruction as the builder names it, '' before the first. */
export type BuildLine = { text: string; stream: 'stdout' | 'stderr'; step: string }

/** The builder's own sentence, and the step that failed; '' when it was none. */
export type FailedBuild = { reason: string; step: string }

export type Image = {
  id: string
  user: string
  workdir: string
}

export type ContainerSpec = {
  name: string
  image: string
  /** Absent: the image's own. */
  entrypoint?: readonly string[]
  command?: readonly string[]
  /** Absent: the image's own. */
  user?: string
  env: Readonly<Record<string, Secret | string>>
  labels: Labels
  network: string
  extraNetworks: string[]
  extraHosts: string[]
  /** `bare`: an empty volume does not take over what the image has at that path. */
  mounts: { volume: string; path: string; bare?: boolean }[]
  ports: string[]
  memoryBytes: number
  cpus: number
  pids: number
  capDrop: string[]
  capAdd: string[]
}

export type Container = {
  id: string
  name: string
  labels: Labels
  /** Also while it is paused or waits for its restart. */
  running: boolean
  restarting: boolean
  paused: boolean
  /** Milliseconds since the epoch; 0 when it never happened. */
  startedAt: number
  finishedAt: number
  exitCode: number
  /** Of its last exit, also while it runs again. */
  outOfMemory: boolean
  /** Why it could not be started the last time; empty: it could. */
  error: string
  restarts: number
  health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** What the image's HEALTHCHECK gave last; absent: it has none, or it was not asked yet. */
  lastCheck?: { at: number; exitCode: number; output: string }
  restart: RestartPolicy | 'other'
  workdir: string
}

/** `at`: ms since the epoch, with what Docker knows below that. */
export type LogLine = { at: number; text: string }

/** `at`: ms since the epoch. Of all that Docker tells, what changes whether and how a bot runs. */
export type ContainerEvent = {
  container: string
  action: 'start' | 'die' | 'oom' | 'health' | 'destroy'
  at: number
  labels: Labels
  /** die */
  exitCode?: number
}

/** Counters grow from the container's start on. */
export type Usage = {
  /** Nanoseconds of one core. */
  cpuNs: number
  memoryBytes: number
  memoryLimitBytes: number
  /** Over all of its networks. */
  sentBytes: number
  receivedBytes: number
}

export type Owner = { uid: number; gid: number }

export type ContainerFile = { name: string; content: Buffer; mode: number } & Owner

export type AttachRequest = {
  command: string[]
  /** "NAME=value", beside what the container has. */
  env: string[]
  streams: { stdin: Readable; stdout: Writable; stderr: Writable }
  /** It gets a terminal of that size; absent: none. */
  terminal?: { columns: number; rows: number }
}

export type BesideRequest = { image: string; command: string[]; labels: Labels }
