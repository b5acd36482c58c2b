import { beginUpgrade } from '../../../deploy-engine/index.ts'
import { currentConfig } from '../../config.ts'
import { createLog } from '../../log.ts'
import { openUpgradingHere } from './open-here.ts'

/** Begins the replacement of the manager by that image, or without one by the version before; prints what it began. */
export const begin = async (image: string | undefined, requestedBy: string): Promise<number> => {
  const log = createLog({ pretty: false, level: 'warn', write: (text) => process.stderr.write(text) })
  const wanted = { requestedBy, ...(image !== undefined && { image }) }
  const upgrade = await beginUpgrade(openUpgradingHere(currentConfig(), log), wanted)
  process.stdout.write(`${JSON.stringify(upgrade)}\n`)
  return 0
}
