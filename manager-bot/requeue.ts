import { type Engine, type Log, queuedOperations, remembered } from '../deploy-engine/index.ts'
import type { OperationQueue } from './queue.ts'

/** A queue that outlives Redis: what could not be added is added later, and what Redis forgot is added again. */
export type PersistentQueue = {
  /** false: Redis can't be reached now. */
  add(operation: number): Promise<boolean>
  /** Compares Redis with the database now and then, until the signal aborts: what was emptied makes no event. */
  run(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const EVERY_MS = 5000

export const persistentQueue = async (
  engine: Engine,
  { open, log }: { open: (onReconnect: () => void) => Promise<OperationQueue>; log: Log },
): Promise<PersistentQueue> => {
  const owed = new Set<number>()
  const queued = remembered(engine, () => queuedOperations(engine))
  const queue = await open(() => void catchUp())
  const add = async (operation: number): Promise<boolean> => {
    try {
      await queue.add(operation)
      owed.delete(operation)
      return true
    } catch (err) {
      // Once is enough: it is tried again until it works.
      if (!owed.has(operation)) log.warn({ err, operation }, 'queueing is down, the operation waits in the database')
      owed.add(operation)
      return false
    }
  }
  const catchUp = async (): Promise<void> => {
    try {
      for (const id of new Set([...owed, ...(await queued())])) if (!(await add(id))) return
    } catch (err) {
      log.error({ err }, 'queueing again failed')
    }
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await engine.clock.sleep(EVERY_MS, signal).catch(() => {})
      if (!signal.aborted) await catchUp()
    }
  }
  return { add, run, close: queue.close }
}
