import type { EntityManager } from 'typeorm'
import type { Engine } from '../ports.ts'
import { botByName } from '../records/bot.ts'
import { changeOperation, type Operation, unfinishedOperations } from '../records/operation.ts'
import { stepsOf } from '../records/step.ts'

type CancelResult = {
  /** Had not begun, and are over. */
  cancelled: Operation[]
  /** Run, and are asked to stop. */
  stopping: Operation[]
  /** Run, and end by themselves: what they are for is done, or is a removal, or they put things back. */
  late: Operation[]
}

/**
 * Ends the queued operations of a bot, or `only` one, and asks the running one to stop; the caller puts the running
 * one's id into the queue again, so that the process that runs it looks and aborts it. Fails with `unknown_bot`.
 */
export const cancelOperations = async (engine: Engine, name: string, only?: number): Promise<CancelResult> => {
  const result = await engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    const unfinished = (await unfinishedOperations(entities, bot.id)).filter(
      ({ id }) => only === undefined || id === only,
    )
    const cancelled = unfinished.filter((operation) => operation.state === 'queued')
    const stopping: Operation[] = []
    const late: Operation[] = []
    for (const operation of unfinished.filter(({ state }) => state === 'running')) {
      const list = (await endsByItself(entities, operation)) ? late : stopping
      list.push(operation)
    }
    for (const { id } of cancelled) {
      await changeOperation(entities, id, { state: 'cancelled', endedAt: engine.clock.now() })
    }
    for (const { id } of stopping) await changeOperation(entities, id, { cancelRequested: true })
    return { cancelled, stopping, late }
  })
  for (const { id } of [...result.cancelled, ...result.stopping]) engine.changes.emit({ operation: id })
  return result
}

const endsByItself = async (entities: EntityManager, { id, kind, cancelRequested }: Operation): Promise<boolean> => {
  const steps = await stepsOf(entities, id)
  if (cancelRequested) return false
  if (kind === 'remove') return steps.length > 0
  if (kind === 'stop' && steps.some(({ state }) => state === 'done')) return true
  if (kind === 'backup') return steps.some(({ name, state }) => name === 'pack' && state === 'done')
  return steps.some(({ name, state }) => state === 'failed' || name === 'record' || name === 'undo')
}
