import type { Engine, ErrorCode } from '../../deploy-engine/index.ts'
import type { Config } from '../config.ts'
import { isManagerRunning } from '../heartbeat.ts'
import { openQueue } from '../queue.ts'
import { EXIT } from './report.ts'

/** The code of that. */
export const UNATTENDED: ErrorCode = 'unattended'

/** Why nobody looks at what was queued. */
export type Unattended = 'no manager is running' | 'the queue can not be reached'

/** Wakes the manager for an operation; gives why it could not. */
export const enqueueHere = async (
  engine: Engine,
  config: Config,
  operation: number,
): Promise<Unattended | undefined> => {
  if (!(await isManagerRunning(config.dataDir, engine.clock.now()))) return 'no manager is running'
  try {
    const queue = await openQueue(config, { log: engine.log })
    await queue.add(operation).finally(queue.close)
    return undefined
  } catch (err) {
    engine.log.warn({ err }, 'queueing failed')
    return 'the queue can not be reached'
  }
}

/** Says so, and gives the exit code. */
export const sayUnattended = (operation: number | undefined, why: Unattended, json: boolean): number => {
  const message = `${operation === undefined ? 'written down' : `queued as #${operation}`}, but ${why}`
  const hint = 'It is carried out when a manager starts: tbs-manager serve'
  if (json) process.stdout.write(`${JSON.stringify({ operation, error: { code: UNATTENDED, message, hint } })}\n`)
  else process.stderr.write(`tbs-manager: ${message}\n${hint}\n`)
  return EXIT.unattended
}
