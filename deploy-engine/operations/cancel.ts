import type { Engine } from '../ports.ts'
import { botByName } from '../records/bot.ts'
import { changeOperation, type Operation, unfinishedOperations } from '../records/operation.ts'

/**
 * Ends the queued operations of a bot and asks the running one to stop; the caller puts the running one's id into the
 * queue again, so that the process that runs it looks and aborts it. Fails with `unknown_bot`.
 */
export const cancelOperations = async (
  engine: Engine,
  name: string,
): Promise<{ cancelled: Operation[]; stopping: Operation[] }> => {
  const result = await engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    const unfinished = await unfinishedOperations(entities, bot.id)
    const cancelled = unfinished.filter((operation) => operation.state === 'queued')
    const stopping = unfinished.filter((operation) => operation.state === 'running')
    for (const { id } of cancelled) {
      await changeOperation(entities, id, { state: 'cancelled', endedAt: engine.clock.now() })
    }
    for (const { id } of stopping) await changeOperation(entities, id, { cancelRequested: true })
    return { cancelled, stopping }
  })
  for (const { id } of [...result.cancelled, ...result.stopping]) engine.changes.emit({ operation: id })
  return result
}
