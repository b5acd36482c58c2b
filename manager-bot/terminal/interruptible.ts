import { EXIT, report } from './report.ts'

/** Carries a verb out until Ctrl-C, says why it failed, and gives the exit code. */
export const interruptible = async (
  { json = false }: { json?: boolean },
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  process.once('SIGINT', stop)
  try {
    return await work(interrupted.signal)
  } catch (error) {
    return interrupted.signal.aborted ? EXIT.interrupted : report(error, { json })
  } finally {
    process.removeListener('SIGINT', stop)
  }
}
