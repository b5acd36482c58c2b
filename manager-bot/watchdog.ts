import type { Clock, Database, Log } from '../deploy-engine/index.ts'

/** Sees to it that a manager which hangs is started again: by Docker, or whatever else runs it. */
export type Watchdog = {
  /** Its poll loop and its database are alive. */
  isWell(): boolean
  /** Ends the process when one of them has been silent for 60 s. Resolves when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export type Watched = {
  clock: Clock
  database: Database
  log: Log
  /** By when the poll loop has to turn, ms of `clock.elapsed()`. */
  dueAt(): number
  /** Absent: SIGKILL, since a graceful exit would wait for what hangs. */
  end?(): void
}

const LOOK_MS = 1_000
const ASK_MS = 5_000
const UNWELL_MS = 30_000
const SILENT_MS = 60_000
/** A process that was suspended as a whole finds everything late, for a moment. */
const SURE_LOOKS = 5

export const openWatchdog = ({ clock, database, log, dueAt, end = killOurselves }: Watched): Watchdog => {
  let asked: number | undefined
  const askOn = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      asked = clock.elapsed()
      // A refusal is an answer, too: a disk that is full is not helped by a restart.
      await database.transaction(async () => {}).catch(() => {})
      asked = undefined
      await clock.sleep(ASK_MS, signal).catch(() => {})
    }
  }
  const silentFor = (ms: number) => {
    const now = clock.elapsed()
    const silences = { 'poll loop': now - dueAt(), database: now - (asked ?? now) }
    return Object.entries(silences).find(([, silentMs]) => silentMs > ms)
  }
  return {
    isWell: () => silentFor(UNWELL_MS) === undefined,
    run: async (signal) => {
      void askOn(signal)
      for (let late = 0; !signal.aborted; await clock.sleep(LOOK_MS, signal).catch(() => {})) {
        const [part, silentMs] = silentFor(SILENT_MS) ?? []
        late = part === undefined ? 0 : late + 1
        if (late < SURE_LOOKS) continue
        log.error({ part, silentMs: Math.round(silentMs ?? 0) }, 'the manager hangs, ending the process')
        return end()
      }
    },
  }
}

const killOurselves = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
