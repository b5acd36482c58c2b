import type { EntityManager } from 'typeorm'
import type { Secret } from './secret.ts'

/** Everything that operations need of the world. Built by open-engine.ts, passed as the first argument everywhere. */
export type Engine = {
  settings: EngineSettings
  database: Database
  docker: DockerPort
  git: GitPort
  files: FilesPort
  telegram: TelegramPort
  vault: Vault
  clock: Clock
  log: Log
  changes: Changes
  running: Running
}

export type EngineSettings = {
  instance: string
  dataDir: string
  keyFile: string
  /** Bot API root as this process reaches it. */
  apiRoot: string
  /** Bot API root as the bots' containers reach it; given to them as TELEGRAM_API_ROOT. */
  botsApiRoot: string
  gitProtocols: readonly string[]
  netPool: string
  timezone: string
  /** Telegram's number of the manager's own bot: its token is no bot's. Absent: not known. */
  ownAccount?: number
  /** Absent: operations/build-limits.ts. */
  build?: Partial<BuildLimits>
}

/** What one build may take. Memory and CPUs are held by the classic builder only, `freeBytes` is for BuildKit. */
export type BuildLimits = {
  ms: number
  memoryBytes: number
  cpus: number
  /** A build that brings the host's available memory below this is ended. */
  freeBytes: number
}

export type Database = {
  /** For queries outside a transaction. */
  read: EntityManager
  /** Serialised within the process; waits up to 5 s for another process. */
  transaction<T>(work: (entities: EntityManager) => Promise<T>): Promise<T>
}

export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export type Log = {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** Tells who listens that an operation or an incident has a newer revision. Listeners are called after the commit. */
export type Changes = {
  emit(change: Change): void
  listen(listener: (change: Change) => void): () => void
}

export type Change =
  | { operation: number; step?: string; edge?: 'before' | 'after'; incident?: undefined }
  | { incident: number; operation?: undefined; step?: undefined; edge?: undefined }

/** Operations that run in this process, and the turn to build: one image at a time. */
export type Running = {
  /** The process ends: what is queued stays queued for the next one. */
  ending: boolean
  controllers: Map<number, AbortController>
  /** Bots for which something is being done; `again` when there was news meanwhile. */
  bots: Map<number, { again: boolean }>
  /** The last lines of each build that runs, redacted, by operation. */
  tails: Map<number, string[]>
  /** Builds that run or wait for their turn. */
  building: number
  takeBuildTurn(signal: AbortSignal): Promise<() => void>
}

/** Encrypts values for one bot and key; the pair is bound to the ciphertext. */
export type Vault = {
  keyId: string
  seal(bot: number, key: string, value: Secret): Buffer
  open(bot: number, key: string, sealed: Buffer): Secret
}

// --- Docker -----------------------------------------------------------------------------------------------------

export type DockerPort = {
  /** Resolves with what the builder says when it can't build the image; undefined: it is built. */
  build(request: BuildRequest, onLine: (line: BuildLine) => void, signal: AbortSignal): Promise<FailedBuild | undefined>
  image(reference: string): Promise<Image | undefined>
  images(labels: Labels, options?: { dangling?: boolean }): Promise<{ id: string; tags: string[]; labels: Labels }[]>
  /** Bytes of each image that no other one shares, by its id. Docker takes a second or more to count them. */
  imageBytes(): Promise<Map<string, number>>
  pull(reference: string, signal: AbortSignal): Promise<void>
  tag(image: string, repository: string, tag: string): Promise<void>
  /** false: a container still uses it. */
  removeImage(reference: string): Promise<boolean>

  createContainer(spec: ContainerSpec): Promise<string>
  container(id: string): Promise<Container | undefined>
  containers(labels: Labels): Promise<{ id: string; name: string; labels: Labels; running: boolean }[]>
  start(id: string): Promise<void>
  /** SIGTERM, then SIGKILL after the grace period or when the signal aborts. Returns when the process is gone. */
  stop(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void>
  kill(id: string): Promise<void>
  /** Resolves with the exit code as soon as the container does not run. */
  wait(id: string, signal: AbortSignal): Promise<number>
  removeContainer(id: string): Promise<void>
  setRestart(id: string, policy: RestartPolicy): Promise<void>
  putFiles(id: string, directory: string, files: ContainerFile[]): Promise<void>
  readFile(id: string, path: string): Promise<Buffer | undefined>
  /** Copies a directory with all in it to the same place in another container, into volumes too; false: none. */
  copyDirectory(from: string, to: string, path: string): Promise<boolean>
  /** Who owns a path, also below a volume and in a container that was never started; undefined: no such path. */
  ownerOf(id: string, path: string): Promise<Owner | undefined>
  /** Paths that differ from the image: kind 0 changed, 1 added, 2 deleted. */
  diff(id: string, signal: AbortSignal): Promise<{ path: string; kind: 0 | 1 | 2 }[]>
  /** `untilMs`: nothing that was printed later, ms since the epoch. */
  logs(id: string, options: { tail: number; sinceSeconds?: number; untilMs?: number }): Promise<string>
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
  running: boolean
  restarting: boolean
  /** Milliseconds since the epoch; 0 when it never happened. */
  startedAt: number
  finishedAt: number
  exitCode: number
  outOfMemory: boolean
  restarts: number
  health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  restart: RestartPolicy | 'other'
  workdir: string
}

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

export type BesideRequest = { image: string; command: string[]; labels: Labels }

// --- git, files, Telegram -----------------------------------------------------------------------------------------

/** Failures of what reaches a server: `needs_access`, `host_key_changed`, `fetch_failed`, `fetch_timeout`, … */
export type GitPort = {
  /**
   * Brings `ref` (branch, tag or commit, also shortened; undefined: the default branch) into the mirror and gives its
   * full sha. A mirror that is broken or of another URL is made anew. Fails also with `unknown_ref` or `too_large`.
   */
  fetch(request: Remote & { mirror: string; ref?: string }, signal: AbortSignal): Promise<FetchedRef>
  /**
   * Writes that commit's files and its submodules', without a .git, into an empty directory. Fails also with
   * `too_large`, `broken_submodule`, `lfs_pointer` or `unsafe_link`.
   */
  checkout(
    request: { mirror: string; sha: string; directory: string; access?: GitAccess },
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Commits that `to` has and `from` has not, the newest `limit` of them first; `count` is how many there are.
   * Asks no server. undefined: the mirror does not hold all of them, since it fetches no history.
   */
  log(request: CommitRange, signal: AbortSignal): Promise<{ newest: Commit[]; count: number } | undefined>
  /** Asks the server whether it may be read, and which branch it gives to whoever names none; undefined: none. */
  ask(remote: Remote, signal: AbortSignal): Promise<string | undefined>
  /** A new pair for reading over ssh. */
  createKey(): GitKey
}

export type Remote = { url: string; access?: GitAccess }

export type CommitRange = { mirror: string; from: string; to: string; limit: number }

export type Commit = { sha: string; subject: string }

/** What a server is to be shown: an ssh key in OpenSSH's format, a token for https. */
export type GitAccess = { key?: Secret; token?: Secret }

export type GitKey = { privateKey: Secret; publicKey: string }

/** `note`: what else the ref could have meant. */
export type FetchedRef = { sha: string; subject: string; note?: string }

export type FilesPort = {
  /** A fresh directory below the data dir; removed by `remove` or at the next start. */
  temporary(name: string): Promise<string>
  remove(path: string): Promise<void>
  /** Paths of all regular files below, relative, sorted. */
  list(directory: string): Promise<string[]>
  /** undefined: no such file, or larger than 1 MiB. */
  readText(path: string): Promise<string | undefined>
  writeText(path: string, text: string): Promise<void>
  appendText(path: string, text: string): Promise<void>
  /** Names in a directory; empty when it does not exist. */
  names(directory: string): Promise<string[]>
  freeDisk(path: string): Promise<{ freeBytes: number; totalBytes: number }>
  /** Bytes of memory that this host can still give out. */
  availableMemory(): Promise<number>
  /** IPv4 routes of this host in CIDR form, the default route left out. */
  routes(): Promise<string[]>
}

/** What the engine asks the Bot API about a user's bot. Never getUpdates: that would steal its updates. */
export type TelegramPort = {
  getMe(token: Secret, signal?: AbortSignal): Promise<{ id: number; username: string; name: string }>
  webhookInfo(token: Secret, signal?: AbortSignal): Promise<WebhookInfo>
}

export type WebhookInfo = { url: string; pending: number; lastErrorAt?: number; lastError?: string }
