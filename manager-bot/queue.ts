import { setTimeout as sleep } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import type { Log } from '../deploy-engine/index.ts'
import { connectRedis, type RedisConfig } from './redis.ts'

/** Carries ids of operations and nothing else: a job says "look at it", the database says what there is to do. */
export type OperationQueue = {
  /** Fails at once when Redis can't be reached, and after a second when it doesn't answer. */
  add(operation: number): Promise<void>
  close(): Promise<void>
}

type Job = { operation: number }

const NAME = 'operations'
const AT_ONCE = 50
const ADD_MS = 1000

// A job whose worker was killed, or did nothing for so long, goes to whoever works now. Since it only says "look", that
// may happen any number of times: what it asks for is never done twice.
const TAKEN_OVER = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1_000_000 }
const RETRY_MS = 1000

/** Resolves when it is connected; fails after `connectMs`. */
export const openQueue = async (
  config: RedisConfig,
  { log, connectMs = 3000, onReconnect }: { log: Log; connectMs?: number; onReconnect?: () => void },
): Promise<OperationQueue> => {
  const redis = connectRedis(config, { maxRetriesPerRequest: 1, enableOfflineQueue: false, lazyConnect: true })
  await within(connectMs, redis.connect(), () => redis.disconnect())
  redis.on('ready', () => onReconnect?.())
  const queue = new Queue<Job>(NAME, { connection: redis, prefix: config.instance, skipWaitingForReady: true })
  queue.on('error', (error) => log.warn({ reason: error.message }, 'the queue lost Redis'))
  return {
    add: async (operation) => {
      const added = queue.add('look', { operation }, { removeOnComplete: true, removeOnFail: true })
      await within(ADD_MS, added, () => {})
    },
    close: async () => {
      await queue.close()
      redis.disconnect()
    },
  }
}

/** Runs `look` for each queued id. `close` lets running ones end for `graceMs`, then leaves them to recovery. */
export const startWorker = (
  config: RedisConfig,
  { look, log }: { look: (operation: number) => Promise<void>; log: Log },
): { close(graceMs: number): Promise<void> } => {
  const redis = connectRedis(config, { maxRetriesPerRequest: null })
  const running = new Set<Promise<void>>()
  const process = async (job: { data: Job }): Promise<void> => {
    const looking = look(job.data.operation)
    running.add(looking)
    await looking.finally(() => running.delete(looking))
  }
  const worker = new Worker<Job>(NAME, process, {
    connection: redis,
    prefix: config.instance,
    concurrency: AT_ONCE,
    runRetryDelay: RETRY_MS,
    ...TAKEN_OVER,
  })
  worker.on('error', (error) => log.warn({ reason: error.message }, 'the worker lost Redis'))
  worker.on('failed', (job, err) => log.error({ operation: job?.data.operation, err }, 'operation failed as a bug'))
  return {
    close: async (graceMs) => {
      // Its own graceful close can't be cut short once begun, so the waiting is done here.
      await worker.pause(true).catch(() => {})
      await Promise.race([Promise.allSettled(running), sleep(graceMs, undefined, { ref: false })])
      await worker.close(true).catch(() => {})
      redis.disconnect()
    },
  }
}

/** Fails after `ms`, and then undoes by `otherwise`. */
const within = async <T>(ms: number, work: Promise<T>, otherwise: () => void): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis gave no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    otherwise()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
