import {
  type Engine,
  interruptOperations,
  lookAtOperation,
  openEngine,
  recover,
  watchBots,
  watchLiveness,
} from '../../deploy-engine/index.ts'
import { chatTables } from '../../manager-bot/chat/records/tables.ts'
import { memoryArchive } from '../helpers/memory-docker/archive.ts'
import { connectMemory } from '../helpers/memory-docker/connect.ts'
import { type Life, mortal, mortalDatabase, newLife } from './life.ts'
import type { World } from './world.ts'

/** The engine's part of a manager process, in memory. */
export type MemoryManager = {
  engine: Engine
  life: Life
  /** What it wrote into its log about bugs of its own. */
  bugs: string[]
  /** Carries out what is queued, as a job does; resolves when nothing is left. */
  look(operation: number): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM: puts running operations back first. */
  stop(): Promise<void>
}

const RECOVERY_MS = 15_000
const UNDO_MS = 30_000

/** Starts one as serve.ts does: recovery, then what is queued, and the watch over unproven releases. */
export const startManager = async (world: World): Promise<MemoryManager> => {
  const { clock } = world
  const life = newLife()
  const bugs: string[] = []
  const error = ({ err }: { err?: unknown }) => {
    if (!isDockerAway(err)) bugs.push(textOf(err))
  }
  const log = { info: () => {}, warn: () => {}, error }
  const { engine: real, close: closeDatabase } = await openEngine(world.settings, { log, ...chatTables })
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= closeDatabase()
    return closed
  }
  const engine: Engine = {
    ...real,
    database: mortalDatabase(real.database, life, clock),
    docker: mortal(connectMemory(world.daemon, life.dead), life),
    git: { ...mortal(world.git.port, life), createKey: world.git.port.createKey },
    files: mortal(world.files, life),
    telegram: mortal(world.telegram.port, life),
    archive: memoryArchive(clock, mortal(world.files, life)),
    backupKeys: mortal(world.backupKeys, life),
    clock: { ...clock, sleep: (ms, signal) => life.call(() => clock.sleep(ms, signal)) },
  }
  const stopped = new AbortController()
  const looks = new Set<Promise<void>>()
  const look = (operation: number): Promise<void> => {
    const looking = lookAtOperation(engine, operation).finally(() => looks.delete(looking))
    looks.add(looking)
    return looking
  }
  const queued = await clock.until(recover(engine), RECOVERY_MS)
  for (const operation of queued) void look(operation)
  const watch = { enqueue: async (operation: number) => void look(operation), signal: stopped.signal }
  const watching = Promise.all([watchLiveness(engine, watch), watchBots(engine, watch)])
  return {
    engine,
    life,
    bugs,
    look,
    kill: async () => {
      life.die()
      await close()
    },
    stop: async () => {
      interruptOperations(engine)
      stopped.abort()
      await clock.until(Promise.allSettled([watching, ...looks]), UNDO_MS)
      await close()
    },
  }
}

const isDockerAway = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET')

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
