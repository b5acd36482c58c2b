import type { Database } from '../../deploy-engine/index.ts'
import type { VirtualClock } from '../helpers/memory-docker/virtual-clock.ts'

/** The life of one process: after its end nothing that it asked for is answered, and nothing more reaches the world. */
export type Life = {
  /** Aborts when it dies. */
  dead: AbortSignal
  died: Promise<void>
  die(): void
  /** Calls `what` at the n-th edge from now: just before or just after something reaches the world. */
  atEdge(n: number, what: () => void): void
  /** How many edges have passed. */
  edges(): number
  call<T>(work: () => Promise<T>): Promise<T>
}

export const newLife = (): Life => {
  const controller = new AbortController()
  const died = new Promise<void>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  let passed = 0
  let planned: { at: number; what: () => void } | undefined
  const edge = () => {
    passed += 1
    if (planned?.at !== passed) return
    const { what } = planned
    planned = undefined
    what()
  }
  const never = new Promise<never>(() => {})
  const whileAlive = <T>(value: T): T | Promise<never> => (controller.signal.aborted ? never : value)
  return {
    dead: controller.signal,
    died,
    die: () => controller.abort(),
    atEdge: (n, what) => {
      planned = { at: passed + n, what }
    },
    edges: () => passed,
    call: async (work) => {
      edge()
      await whileAlive(undefined)
      try {
        return await whileAlive(await work())
      } catch (error) {
        await whileAlive(undefined)
        throw error
      } finally {
        edge()
        await whileAlive(undefined)
      }
    },
  }
}

/** A port as a process uses it: each of its methods is asked for while the process lives, or never. */
export const mortal = <T extends object>(port: T, life: Life, around = <R>(work: Promise<R>): Promise<R> => work): T =>
  new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => life.call(() => around(Promise.resolve(Reflect.apply(value, target, given))))
    },
  })

/** Real SQLite: no virtual time passes during a query, and a death rolls the open transaction back. */
export const mortalDatabase = (database: Database, life: Life, clock: VirtualClock): Database => {
  const during = <R>(work: Promise<R>) => {
    const result = clock.during(Promise.race([work, life.died.then((): never => undefined as never)]))
    return result
  }
  return {
    read: mortal(database.read, life, during),
    // It would be a real file beside those in memory.
    copyTo: () => life.call(async () => {}),
    examine: () => life.call(() => during(database.examine())),
    version: () => life.call(() => during(database.version())),
    transaction: (work) => life.call(() => during(database.transaction((entities) => work(mortal(entities, life))))),
  }
}
