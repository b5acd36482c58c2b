import type { Engine } from '../../deploy-engine/index.ts'
import type { ManagerState } from '../command.ts'
import type { Config } from '../config.ts'
import { isManagerRunning } from '../heartbeat.ts'
import { askWhoRuns } from '../lock.ts'
import { ping } from '../redis.ts'
import { noteOf, setNote } from './records/note.ts'

const STARTED = 'started'
const REDIS_MS = 2_000
const ASK_MS = 1_000

/** For the terminal, too, which is another process. */
export const noteStart = ({ database, clock }: Engine): Promise<void> =>
  database.transaction((entities) => setNote(entities, { key: STARTED, value: true, at: clock.now() }))

export const managerState = async ({ database, clock }: Engine, config: Config): Promise<ManagerState> => {
  const [running, redis, facts] = await Promise.all([
    isManagerRunning(config.dataDir, clock.now()),
    ping(config, AbortSignal.timeout(REDIS_MS)),
    askWhoRuns(config, AbortSignal.timeout(ASK_MS)),
  ])
  const since = running ? (await noteOf(database.read, STARTED))?.at : undefined
  const { version } = facts ?? {}
  return { running, redis, ...(since !== undefined && { since }), ...(version !== undefined && { version }) }
}
