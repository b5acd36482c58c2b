import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Log } from '../deploy-engine/index.ts'

const EVERY_MS = 2000
const STALE_MS = 10_000
// A poll takes 65 s at most and the pause after a failed one 30 s.
const SILENT_MS = 120_000

const heartbeatFile = (dataDir: string): string => join(dataDir, 'heartbeat')

/** Tells other processes that a manager runs and hears, until the signal aborts. */
export const beat = async (dataDir: string, { clock, log, signal, aliveAt }: Beating): Promise<void> => {
  while (!signal.aborted) {
    if (clock.now() - aliveAt() < SILENT_MS) {
      await writeFile(heartbeatFile(dataDir), `${process.pid}\n`).catch((err) => log.error({ err }, 'no heartbeat'))
    }
    await clock.sleep(EVERY_MS, signal).catch(() => {})
  }
  await rm(heartbeatFile(dataDir), { force: true })
}

type Beating = {
  clock: Clock
  log: Log
  signal: AbortSignal
  /** When the loop that hears people last turned, ms since the epoch. */
  aliveAt(): number
}

/** false when no manager has had a heartbeat for 10 s. */
export const isManagerRunning = async (dataDir: string, now: number): Promise<boolean> => {
  try {
    return now - (await stat(heartbeatFile(dataDir))).mtimeMs < STALE_MS
  } catch {
    return false
  }
}
