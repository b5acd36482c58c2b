import type { Clock, Log } from '../../deploy-engine/index.ts'

const MINUTE_MS = 60_000

/** Does these chores now, every minute, and once more at the end; one that fails is done again the next time. */
export const everyMinute = async (
  chores: Record<string, () => Promise<void>>,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> => {
  const doAll = async () => {
    for (const [name, chore] of Object.entries(chores)) {
      await chore().catch((err) => log.error({ err }, `a chore failed: ${name}`))
    }
  }
  await doAll()
  while (!signal.aborted) {
    await clock.sleep(MINUTE_MS, signal).catch(() => {})
    await doAll()
  }
}
