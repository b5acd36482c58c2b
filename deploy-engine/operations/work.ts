import type { Engine } from '../ports.ts'
import { type Operation, OperationSchema, operationById } from '../records/operation.ts'
import { Cancelled, Interrupted } from './end-reasons.ts'
import { perform } from './perform.ts'
import { takeTurn } from './turn.ts'

/**
 * For the end of the process: tells its running operations to put things back and end, and begins no other. What is
 * queued stays so for the next process.
 */
export const interruptOperations = ({ running }: Engine): void => {
  running.ending = true
  for (const controller of running.controllers.values()) controller.abort(new Interrupted())
}

/**
 * What a queue's job asks for: carry out what is queued for the operation's bot, in order, or stop the running one if
 * that was asked for. The database is the truth, a job only a wake-up; too many of them do no harm.
 */
export const lookAtOperation = async (engine: Engine, id: number): Promise<void> => {
  const operation = await operationById(engine.database.read, id)
  if (!operation) return
  if (operation.cancelRequested) engine.running.controllers.get(id)?.abort(new Cancelled())
  await workOff(engine, operation.botId)
}

/** Carries out what is queued for a bot, oldest first, until nothing is left; nothing if that is being done already. */
export const workOff = async (engine: Engine, botId: number): Promise<void> => {
  const all = async () => {
    for (let next = await oldestQueued(engine, botId); next; next = await oldestQueued(engine, botId)) {
      await perform(engine, next)
    }
  }
  while ((await takeTurn(engine, botId, all)) === 'news');
}

const oldestQueued = async ({ database, running }: Engine, botId: number): Promise<Operation | null> => {
  if (running.ending) return null
  return database.read.findOne(OperationSchema, { where: { botId, state: 'queued' }, order: { id: 'ASC' } })
}
