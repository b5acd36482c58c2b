import type { Clock, DockerPort, Labels, Log } from '../ports.ts'
import type { Upgrade } from './upgrade.ts'

/** What the manager's own container is replaced with. */
export type Upgrading = {
  instance: string
  docker: ManagerDocker
  journal: UpgradeJournal
  database: DatabaseCopies
  manager: { ask(signal: AbortSignal): Promise<ManagerFacts | undefined> }
  clock: Clock
  log: Log
}

/** What a manager says of itself to whoever asks on its socket; undefined: nobody listens there. */
export type ManagerFacts = {
  /** undefined: it is too old to say. */
  version?: string
  /** Telegram has given it updates, or the news that there are none. */
  polls: boolean
}

export type ManagerDocker = Pick<
  DockerPort,
  'container' | 'containers' | 'start' | 'stop' | 'setRestart' | 'removeContainer' | 'logs' | 'tag'
> & {
  /** Builds an image of a tar.gz and gives its id. Fails with `image_not_built`. */
  build(
    archive: Buffer,
    wanted: { tag: string; dockerfile: string; labels: Labels },
    signal: AbortSignal,
  ): Promise<string>
  imageVersion(reference: string): Promise<ImageVersion | undefined>
  versionOf(container: string): Promise<ImageVersion>
  /** A container with all settings of that one, of another image and not started. What the image gave is left out. */
  createLike(container: string, wanted: Like): Promise<string>
  rename(container: string, name: string): Promise<void>
}

/** `image` is its id; `version` "unknown" if it does not say. */
export type ImageVersion = { image: string; version: string }

export type Like = {
  name: string
  image: string
  labels: Labels
  /** Absent: the image's own. */
  command?: readonly string[]
  restart: 'no' | 'unless-stopped' | 'on-failure'
}

/** One upgrade is under way at most; the last one is kept until the next. */
export type UpgradeJournal = {
  read(): Promise<Upgrade | undefined>
  write(upgrade: Upgrade): Promise<void>
  /** While there is something to do, what looks after the manager from outside keeps quiet. */
  quiet(on: boolean): Promise<void>
}

/** The database as a file, while no manager has it open. */
export type DatabaseCopies = {
  /** Whole or not at all; there is one of each name. */
  keep(name: string): Promise<void>
  /** In the place of the database; can be done again. Fails with `no_copy`. */
  putBack(name: string): Promise<void>
  /** All but these. */
  forget(except: readonly string[]): Promise<void>
  /** Of what was ever done to the tables, in order; undefined: of a copy of that name. */
  migrations(name?: string): Promise<string[]>
  /** Operations that are not at their end, or began after that copy was made, as people call them. */
  operations(which: 'unfinished' | { since: string }): Promise<string[]>
  /** Fails with `disk_full` where a copy would not fit twice. */
  room(): Promise<void>
}
