import type { Engine } from '../../deploy-engine/index.ts'
import { openHere } from './open-here.ts'
import { report } from './report.ts'

/** Opens the engine for one verb, says why it failed, and gives the exit code. Ctrl-C ends it. */
export const withEngine = async (
  { json = false }: { json?: boolean },
  work: (engine: Engine, signal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  process.once('SIGINT', stop)
  try {
    const { engine, close } = await openHere()
    return await work(engine, interrupted.signal).finally(close)
  } catch (error) {
    if (interrupted.signal.aborted) return 130
    return report(error, { json })
  } finally {
    process.removeListener('SIGINT', stop)
  }
}
