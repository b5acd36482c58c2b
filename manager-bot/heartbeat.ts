import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Log } from '../deploy-engine/index.ts'

const EVERY_MS = 2000
const STALE_MS = 10_000

const heartbeatFile = (dataDir: string): string => join(dataDir, 'heartbeat')

/** Tells other processes that a manager runs, until the signal aborts. */
export const beat = async (dataDir: string, { clock, log, signal }: Beating): Promise<void> => {
  while (!signal.aborted) {
    await writeFile(heartbeatFile(dataDir), `${process.pid}\n`).catch((err) => log.error({ err }, 'no heartbeat'))
    await clock.sleep(EVERY_MS, signal).catch(() => {})
  }
  await rm(heartbeatFile(dataDir), { force: true })
}

type Beating = { clock: Clock; log: Log; signal: AbortSignal }

/** false when no manager has had a heartbeat for 10 s. */
export const isManagerRunning = async (dataDir: string, now: number): Promise<boolean> => {
  try {
    return now - (await stat(heartbeatFile(dataDir))).mtimeMs < STALE_MS
  } catch {
    return false
  }
}
