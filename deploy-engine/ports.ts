import type { EntityManager } from 'typeorm'
import type { checkState } from './archive/check-state.ts'
import type { measureDirectory, packDirectory } from './archive/pack-directory.ts'
import type { readArchive, readBeginning } from './archive/read-archive.ts'
import type { reseal } from './archive/reseal.ts'
import type { writeArchive } from './archive/write-archive.ts'
import type { writeState } from './archive/write-state.ts'
import type { Container, DockerPort } from './docker-port.ts'
import type { Liveness } from './liveness.ts'
import type { Secret } from './secret.ts'

export type * from './docker-port.ts'

/** Everything that operations need of the world. Built by open-engine.ts, passed as the first argument everywhere. */
export type Engine = {
  settings: EngineSettings
  database: Database
  docker: DockerPort
  git: GitPort
  files: FilesPort
  telegram: TelegramPort
  programs: ProgramsPort
  vault: Vault
  archive: ArchivePort
  backupKeys: BackupKeys
  clock: Clock
  log: Log
  changes: Changes
  running: Running
}

/** The part of it that needs neither database nor key. */
export type HostPorts = Pick<Engine, 'settings' | 'docker' | 'files' | 'telegram' | 'clock'>

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
  /** Run with the path of each finished backup behind it: a program and its arguments. */
  backupCommand?: readonly string[]
  /** What the programs that the manager starts get of its environment. */
  programEnvironment?: Readonly<Record<string, string>>
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
  /** The same twice in a row: nothing was written in between. Another process's writes show within two seconds. */
  version(): Promise<string>
  /** Writes all of it, as it is at one moment, into a new database file. */
  copyTo(path: string): Promise<void>
  /** What is wrong with the file itself; it is read by a connection of its own. */
  examine(): Promise<DatabaseFaults>
}

/** What SQLite says of damage; rows whose other end is missing; tables and indices that are not as they should. */
export type DatabaseFaults = { damage: string[]; dangling: string[]; drift: string[] }

export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds that have passed since some moment. Unlike `now` it never jumps: for everything that lasts. */
  elapsed(): number
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
  /** What the health checks of each bot found last, by its number; empty in a process that does not watch them. */
  health: Map<number, HealthSeen>
  /** What each bot takes, by its number; empty in a process that does not watch them. */
  usage: Map<number, BotUsage>
  /** How each bot was when it was last looked at, by its number; empty in a process that does not watch them. */
  liveness: Map<number, Liveness>
  /** Looks at a bot at once; absent: this process does not watch any. */
  lookNow?: (bot: number) => Promise<void>
  /** How bots' containers were found by the last inspection, by their ids; `at` as `Clock.elapsed` tells. */
  inspected: Map<string, { at: number; found: Container }>
  /** When Docker last told something of one of them, likewise. */
  told: Map<string, number>
  /** When a container that a backup had frozen went on, by its id. */
  resumed: Map<string, number>
  /** Commands of health checks that have not ended, by their container: since when. */
  commands: Map<string, number>
}

/** Of a bot's container, when it was measured. */
export type BotUsage = {
  container: string
  at: number
  memoryBytes: number
  memoryLimitBytes: number
  /** Of the processor, since it was measured before; absent: that was the first time. */
  cores?: number
  /** Since its start. */
  counters?: { cpuNs: number; sentBytes: number }
  /** It has needed nearly all of its memory for a while. */
  memoryShort: boolean
}

export type HealthSeen = { container: string; at: number; ok: boolean; found: string }

/** Encrypts values for one bot and key; the pair is bound to the ciphertext. */
export type Vault = {
  /** Of the key in use. */
  readonly keyId: string
  /** Of all keys that are known, the one in use first. */
  readonly keyIds: readonly string[]
  seal(bot: number, key: string, value: Secret): Buffer
  open(bot: number, key: string, sealed: Buffer): Secret
  /** Sealed with the key in use. */
  isCurrent(sealed: Buffer): boolean
  /** A new key is in use from now on; what was sealed before can still be opened. */
  addKey(): void
  dropOtherKeys(): void
}

/** Files of backups. */
export type ArchivePort = {
  write: typeof writeArchive
  writeState: typeof writeState
  read: typeof readArchive
  readBeginning: typeof readBeginning
  reseal: typeof reseal
  checkState: typeof checkState
  measureDirectory: typeof measureDirectory
  packDirectory: typeof packDirectory
}

/** What backups are sealed for, and opened with. Fail with `bad_key_file`. */
export type BackupKeys = {
  /** The server's own key. */
  identity(): Promise<Secret>
  /** What files are sealed for the recovery key with; undefined: there is none yet. */
  recovery(): Promise<string | undefined>
  setRecovery(recipient: string): Promise<void>
  /** For whom a backup is sealed: the server itself, and the recovery key if there is one. */
  recipients(): Promise<string[]>
}

// --- git, files, Telegram -----------------------------------------------------------------------------------------

/** Failures of what reaches a server: `needs_access`, `host_key_changed`, `fetch_failed`, `fetch_timeout`, … */
export type GitPort = {
  /**
   * Brings `ref` (branch, tag or commit, also shortened; undefined: the default branch) into the mirror and gives its
   * full sha. A mirror that is broken or of another URL is made anew. Fails also with `unknown_ref` or `too_large`.
   */
  fetch(request: Remote & { mirror: string; ref?: string }, signal: AbortSignal): Promise<FetchedRef>
  /**
   * Writes that commit's files and its submodules', without a .git, into an empty directory, and gives the first line
   * of its message. Fails also with `too_large`, `broken_submodule`, `lfs_pointer` or `unsafe_link`.
   */
  checkout(
    request: { mirror: string; sha: string; directory: string; access?: GitAccess },
    signal: AbortSignal,
  ): Promise<{ subject: string }>
  /**
   * Commits that `to` has and `from` has not, the newest `limit` of them first; `count` is how many there are.
   * Asks no server. undefined: the mirror does not hold all of them, since it fetches no history.
   */
  log(request: CommitRange, signal: AbortSignal): Promise<{ newest: Commit[]; count: number } | undefined>
  /** Removes from a mirror what a fetch that was cut off has left in it. */
  tidy(mirror: string): Promise<void>
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
export type FetchedRef = { sha: string; note?: string }

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
  /** With those above it, for nobody else to look into; it may be there already. */
  makeDirectory(path: string): Promise<void>
  /** Writes what comes into a new file, for nobody else to read; gives how many bytes it was. */
  save(path: string, content: NodeJS.ReadableStream, signal: AbortSignal): Promise<number>
  /** Names in a directory; empty when it does not exist. */
  names(directory: string): Promise<string[]>
  /** The last nine bits of its mode, and when it was written last, ms since the epoch; undefined: no such path. */
  stateOf(path: string): Promise<{ mode: number; writtenAt: number } | undefined>
  setMode(path: string, mode: number): Promise<void>
  freeDisk(path: string): Promise<{ freeBytes: number; totalBytes: number }>
  /** Bytes of memory that this host can still give out. */
  availableMemory(): Promise<number>
  totalMemory(): Promise<number>
  /** Processes of this host that ran or waited to run, on average over the last minute. */
  load(): Promise<{ average: number; cores: number }>
  /** IPv4 routes of this host in CIDR form, the default route left out. */
  routes(): Promise<string[]>
}

export type ProgramsPort = {
  /**
   * Runs a program of this host to its end, with `env` beside what every program needs. Fails with `program_failed`;
   * rejects with the signal's reason when it aborts. Whatever it has started is ended with it.
   */
  run(
    command: readonly string[],
    options: { env: Readonly<Record<string, string>>; limitMs: number; signal: AbortSignal },
  ): Promise<void>
}

/** What is asked of the Bot API about a bot. Never getUpdates: that would steal its updates. */
export type TelegramPort = {
  /** The addresses that the name of its root stands for. Rejects when nobody knows that name. */
  addresses(): Promise<string[]>
  /** What the clock there says, in whole seconds as ms since the epoch; undefined: its answer does not tell. */
  time(signal: AbortSignal): Promise<number | undefined>
  getMe(token: Secret, signal?: AbortSignal): Promise<{ id: number; username: string; name: string }>
  /** Not reachable counts who has not answered within `limitMs`: 10 s, if absent. */
  webhookInfo(token: Secret, signal?: AbortSignal, limitMs?: number): Promise<WebhookInfo>
  /** From then on its updates wait to be asked for; those that wait already are kept. */
  removeWebhook(token: Secret, signal?: AbortSignal): Promise<void>
}

export type WebhookInfo = { url: string; pending: number; lastErrorAt?: number; lastError?: string }
