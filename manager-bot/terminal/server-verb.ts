import { Stopped } from './install/question.ts'
import { EXIT, report } from './report.ts'

/**
 * Carries out a verb about a server until Ctrl-C, or until somebody stops at a question, and then says `left`: how it
 * goes on. Gives the exit code.
 */
export const serverVerb = async (
  { json = false }: { json?: boolean },
  left: string,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal)
  try {
    await work(stop.signal)
    return 0
  } catch (error) {
    if (!stop.signal.aborted && !(error instanceof Stopped)) return await report(error, { json })
    process.stderr.write(`\nStopped. ${left}\n`)
    return EXIT.interrupted
  }
}
