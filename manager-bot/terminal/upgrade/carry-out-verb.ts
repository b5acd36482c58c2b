import { carryOutUpgrade } from '../../../deploy-engine/index.ts'
import { currentConfig } from '../../config.ts'
import { createLog } from '../../log.ts'
import { openUpgradingHere } from './open-here.ts'

/** What the container that replaces the manager runs. Gives the exit code; with another than 0 Docker runs it again. */
export const carryOut = async (): Promise<number> => {
  const config = currentConfig()
  const log = createLog({ pretty: false, level: 'info', write: (text) => process.stdout.write(text) })
  const upgrade = await carryOutUpgrade(openUpgradingHere(config, log))
  log.info({ upgrade }, 'the upgrade has ended')
  return 0
}
