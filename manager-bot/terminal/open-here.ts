import { type Engine, openEngine } from '../../deploy-engine/index.ts'
import { chatTables } from '../chat/records/tables.ts'
import { type Config, currentConfig, engineSettings } from '../config.ts'
import { knownSecrets } from '../known-secrets.ts'
import { createLog } from '../log.ts'

/** The engine of this process, for one verb; its warnings go to standard error, without secrets. */
export const openHere = async (): Promise<{ engine: Engine; config: Config; close(): Promise<void> }> => {
  const config = currentConfig()
  const secrets = knownSecrets(config)
  const write = (text: string) => process.stderr.write(text)
  const log = createLog({ pretty: true, level: 'warn', write, hidden: secrets.all })
  const opened = await openEngine(engineSettings(config), { log, onSecret: secrets.add, ...chatTables })
  return { ...opened, config }
}
