import { checkState } from './archive/check-state.ts'
import { measureDirectory, packDirectory } from './archive/pack-directory.ts'
import { readArchive, readBeginning } from './archive/read-archive.ts'
import { reseal } from './archive/reseal.ts'
import { writeArchive } from './archive/write-archive.ts'
import { writeState } from './archive/write-state.ts'
import { backupKeys } from './io/backup-keys.ts'
import { systemClock } from './io/clock.ts'
import { type MoreTables, openDatabase } from './io/database.ts'
import { connectDocker } from './io/docker/connect.ts'
import { managerDocker } from './io/docker/manager-docker.ts'
import { localFiles } from './io/files.ts'
import { systemGit } from './io/git.ts'
import { localPrograms } from './io/programs.ts'
import { botApi } from './io/telegram.ts'
import { databaseCopies, upgradeJournal } from './io/upgrade-files.ts'
import { openVault } from './io/vault.ts'
import { hiddenIn } from './operations/secrets.ts'
import type { Changes, Clock, Engine, EngineSettings, HostPorts, Log, Running, Vault } from './ports.ts'
import type { Secret } from './secret.ts'
import type { Upgrading } from './upgrade/ports.ts'

export type OpenEngine = { engine: Engine; close(): Promise<void> }

export type EngineOptions = MoreTables & {
  log: Log
  clock?: Clock
  /** Told of each value of a bot that must not appear in a log, when it is stored and when it is read. */
  onSecret?(secret: Secret): void
}

/** Joins the ports with the world: opens the database and the key file, and connects lazily to everything else. */
export const openEngine = async (settings: EngineSettings, options: EngineOptions): Promise<OpenEngine> => {
  const database = await openDatabase(settings.dataDir, options)
  const engine: Engine = {
    settings,
    database,
    docker: connectDocker(),
    git: systemGit(settings),
    files: localFiles(settings.dataDir),
    telegram: botApi(settings.apiRoot),
    programs: localPrograms(settings.programEnvironment ?? {}),
    vault: tellingVault(await openVault(settings.keyFile), options.onSecret),
    archive: {
      ...{ write: writeArchive, writeState, read: readArchive, readBeginning, reseal, checkState },
      ...{ measureDirectory, packDirectory },
    },
    backupKeys: backupKeys(settings.keyFile),
    clock: options.clock ?? systemClock,
    log: options.log,
    changes: changes(options.log),
    running: running(),
  }
  return { engine, close: () => database.close() }
}

/** What can be looked at, and put right, where neither the database nor the key is there or can be read. */
export const openHost = (settings: EngineSettings): HostPorts => ({
  settings,
  docker: connectDocker(),
  files: localFiles(settings.dataDir),
  telegram: botApi(settings.apiRoot),
  clock: systemClock,
})

/** What replaces the manager itself; opens no table, since another version may have them open. */
export const openUpgrading = (
  { instance, dataDir }: Pick<EngineSettings, 'instance' | 'dataDir'>,
  { ask, log }: { ask: Upgrading['manager']['ask']; log: Log },
): Upgrading => ({
  ...{ instance, log },
  docker: managerDocker(),
  journal: upgradeJournal(dataDir),
  database: databaseCopies(dataDir),
  manager: { ask },
  clock: systemClock,
})

const tellingVault = (vault: Vault, onSecret: (secret: Secret) => void = () => {}): Vault => {
  const tell = (bot: number, key: string, value: Secret): Secret => {
    // What is sealed for no bot is not a value but a whole record of the chat.
    if (bot !== 0) for (const secret of hiddenIn(key, value)) onSecret(secret)
    return value
  }
  return {
    ...vault,
    get keyId() {
      return vault.keyId
    },
    get keyIds() {
      return vault.keyIds
    },
    seal: (bot, key, value) => vault.seal(bot, key, tell(bot, key, value)),
    open: (bot, key, sealed) => tell(bot, key, vault.open(bot, key, sealed)),
  }
}

const changes = (log: Log): Changes => {
  const listeners = new Set<Parameters<Changes['listen']>[0]>()
  return {
    emit: (change) => {
      for (const listener of listeners) {
        try {
          listener(change)
        } catch (error) {
          log.error({ err: error, ...change }, 'a listener for changes failed')
        }
      }
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const running = (): Running => {
  let last: Promise<void> = Promise.resolve()
  const turns: Running = {
    ending: false,
    controllers: new Map(),
    bots: new Map(),
    tails: new Map(),
    building: 0,
    liveness: new Map(),
    health: new Map(),
    usage: new Map(),
    inspected: new Map(),
    told: new Map(),
    resumed: new Map(),
    commands: new Map(),
    takeBuildTurn: async (signal) => {
      const turn = deferred()
      const before = last
      last = before.then(() => turn.promise)
      turns.building += 1
      const giveBack = () => {
        turns.building -= 1
        turn.resolve()
      }
      const cancelled = deferred()
      signal.addEventListener('abort', cancelled.resolve, { once: true })
      await Promise.race([before, cancelled.promise])
      if (signal.aborted) giveBack()
      signal.throwIfAborted()
      return giveBack
    },
  }
  return turns
}

const deferred = (): { promise: Promise<void>; resolve: () => void } => {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
