import type { Engine } from '../ports.ts'
import { botByName } from '../records/bot.ts'
import { changeOperation, type Operation, OperationSchema, unfinishedOperations } from '../records/operation.ts'
import { rollbackTarget } from '../records/release.ts'

export type OperationRequest = Pick<Operation, 'kind' | 'args' | 'requestedBy'> & { bot: string }

/**
 * Writes down an operation as queued; the caller then puts its id into the queue. A deploy replaces a queued deploy
 * of the same bot. Fails with `unknown_bot`, `no_release`, `already_active` or `release_gone`.
 */
export const requestOperation = async (
  engine: Engine,
  request: OperationRequest,
): Promise<{ operation: Operation; superseded: Operation[] }> => {
  const result = await engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, request.bot)
    const args = { ...request.args }
    if (request.kind === 'rollback') args.release = (await rollbackTarget(entities, bot, args.release)).number
    const now = engine.clock.now()
    const queued = await unfinishedOperations(entities, bot.id)
    const superseded = queued.filter(
      (other) => request.kind === 'deploy' && other.kind === 'deploy' && other.state === 'queued',
    )
    const operation = await entities.save(OperationSchema, {
      botId: bot.id,
      kind: request.kind,
      args,
      requestedBy: request.requestedBy,
      state: 'queued' as const,
      cancelRequested: false,
      revision: 1,
      outcome: null,
      createdAt: now,
      startedAt: null,
      endedAt: null,
    })
    const error = { code: 'superseded', message: `Not begun: #${operation.id} took its place` }
    for (const { id } of superseded) {
      await changeOperation(entities, id, { state: 'superseded', endedAt: now, outcome: { error } })
    }
    return { operation, superseded }
  })
  for (const other of result.superseded) engine.changes.emit({ operation: other.id })
  return result
}
