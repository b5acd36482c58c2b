import type { EntityManager } from 'typeorm'
import type { Engine } from '../ports.ts'
import { type Bot, botByName, registeredBot } from '../records/bot.ts'
import {
  changeOperation,
  type Operation,
  OperationSchema,
  operationByKey,
  unfinishedOperations,
} from '../records/operation.ts'
import { activeRelease, rollbackTarget } from '../records/release.ts'
import { refuseLocked } from './locks.ts'
import { alreadyRunning, alreadyStopped, notDeployed } from './pointless.ts'

export type OperationRequest = Pick<Operation, 'kind' | 'args' | 'requestedBy'> & {
  bot: string
  /** Whoever may ask twice for one thing gives it a key: the second time nothing is changed. */
  requestKey?: string
}

type Requested = { operation: Operation; superseded: Operation[] }

/**
 * Writes down an operation as queued; the caller then puts its id into the queue. A deploy replaces a queued deploy
 * of the same bot. Fails with `unknown_bot`, `no_release`, `already_active`, `release_gone`, `not_deployed`,
 * `already_stopped`, `already_running` or `bot_locked`.
 */
export const requestOperation = async (engine: Engine, request: OperationRequest): Promise<Requested> => {
  const running = request.kind === 'run' && (await isRunning(engine, request.bot))
  const result = await engine.database.transaction(async (entities) => {
    const known = request.requestKey === undefined ? undefined : await operationByKey(entities, request.requestKey)
    return known ? { operation: known, superseded: [] } : insertOperation(engine, entities, { ...request, running })
  })
  for (const other of result.superseded) engine.changes.emit({ operation: other.id })
  return result
}

type Asked = OperationRequest & { running: boolean }

export const insertOperation = async (engine: Engine, entities: EntityManager, request: Asked): Promise<Requested> => {
  const { kind, requestedBy, requestKey = null } = request
  const bot = await botByName(entities, request.bot)
  const args = { ...request.args }
  refuseLocked(engine, bot, { kind, args })
  if (kind === 'rollback') args.release = (await rollbackTarget(entities, bot, args.release)).number
  const now = engine.clock.now()
  const unfinished = await unfinishedOperations(entities, bot.id)
  if (unfinished.length === 0) await refusePointless(entities, bot, request)
  const superseded = unfinished.filter(
    (other) => kind === 'deploy' && other.kind === 'deploy' && other.state === 'queued',
  )
  const fresh = { state: 'queued' as const, cancelRequested: false, revision: 1, outcome: null }
  const times = { createdAt: now, startedAt: null, endedAt: null }
  const row = { botId: bot.id, kind, args, requestedBy, requestKey, ...fresh, ...times }
  const operation = await entities.save(OperationSchema, row)
  const error = { code: 'superseded' as const, message: `Not begun: #${operation.id} took its place` }
  for (const { id } of superseded) {
    await changeOperation(entities, id, { state: 'superseded', endedAt: now, outcome: { error } })
  }
  return { operation, superseded }
}

// While others wait or run, nobody knows what will be true when its turn comes: then it is asked again.
const refusePointless = async (entities: EntityManager, bot: Bot, { kind, running }: Asked): Promise<void> => {
  if (kind !== 'stop' && kind !== 'run' && kind !== 'restart') return
  if (!(await activeRelease(entities, bot.id))) throw notDeployed(bot)
  if (kind === 'stop' && bot.stoppedAt !== null) throw alreadyStopped(bot)
  if (kind === 'run' && running) throw alreadyRunning(bot)
}

// Docker may be away: then the operation waits for it.
const isRunning = async ({ database, docker }: Engine, name: string): Promise<boolean> => {
  const bot = await registeredBot(database.read, name)
  const container = bot && (await activeRelease(database.read, bot.id))?.containerId
  if (!container) return false
  return docker.container(container).then(
    (found) => found?.running === true,
    () => false,
  )
}
