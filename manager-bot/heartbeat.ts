import { rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Log } from '../deploy-engine/index.ts'

const EVERY_MS = 2000
const STALE_MS = 10_000

const heartbeatFile = (dataDir: string): string => join(dataDir, 'heartbeat')

/** Tells other processes that a manager runs and is well, until the signal aborts. */
export const beat = async (dataDir: string, { clock, log, signal, isWell }: Beating): Promise<void> => {
  while (!signal.aborted) {
    if (isWell()) {
      await touch(heartbeatFile(dataDir), clock.now()).catch((err) => log.error({ err }, 'no heartbeat'))
    }
    await clock.sleep(EVERY_MS, signal).catch(() => {})
  }
  await rm(heartbeatFile(dataDir), { force: true })
}

type Beating = {
  clock: Clock
  log: Log
  signal: AbortSignal
  isWell(): boolean
}

// Nothing is written once it exists: a full disk is no reason to look dead.
const touch = (path: string, now: number): Promise<void> =>
  utimes(path, now / 1000, now / 1000).catch(() => writeFile(path, ''))

/** false when no manager has had a heartbeat for 10 s. */
export const isManagerRunning = async (dataDir: string, now: number): Promise<boolean> => {
  try {
    // In the future after the clock was set back, for as long as it takes to the next beat.
    return Math.abs(now - (await stat(heartbeatFile(dataDir))).mtimeMs) < STALE_MS
  } catch {
    return false
  }
}
