import { type Engine, openEngine } from '../../deploy-engine/index.ts'
import { chatTables } from '../chat/records/tables.ts'
import { currentConfig, engineSettings } from '../config.ts'
import { knownSecrets } from '../known-secrets.ts'
import { createLog } from '../log.ts'
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
    const config = currentConfig()
    const secrets = knownSecrets(config)
    const write = (text: string) => process.stderr.write(text)
    const log = createLog({ pretty: true, level: 'warn', write, hidden: secrets.all })
    const { engine, close } = await openEngine(engineSettings(config), { log, onSecret: secrets.add, ...chatTables })
    return await work(engine, interrupted.signal).finally(close)
  } catch (error) {
    if (interrupted.signal.aborted) return 130
    return report(error, { json })
  } finally {
    process.removeListener('SIGINT', stop)
  }
}
