import { type Engine, type Log, queuedOperations } from '../deploy-engine/index.ts'
import type { OperationQueue } from './queue.ts'

/** A queue that outlives Redis: what could not be added is added later, and what Redis forgot is added again. */
export type PersistentQueue = {
  /** false: Redis can't be reached now. */
  add(operation: number): Promise<boolean>
  close(): Promise<void>
}

export const persistentQueue = async (
  engine: Engine,
  { open, log }: { open: (onReconnect: () => void) => Promise<OperationQueue>; log: Log },
): Promise<PersistentQueue> => {
  const owed = new Set<number>()
  const queue = await open(() => {
    catchUp().catch((err) => log.error({ err }, 'queueing again after Redis came back failed'))
  })
  const add = async (operation: number): Promise<boolean> => {
    try {
      await queue.add(operation)
      owed.delete(operation)
      return true
    } catch (err) {
      owed.add(operation)
      log.warn({ err, operation }, 'queueing is down, the operation waits in the database')
      return false
    }
  }
  const catchUp = async (): Promise<void> => {
    for (const operation of new Set([...owed, ...(await queuedOperations(engine))])) await add(operation)
  }
  return { add, close: queue.close }
}
