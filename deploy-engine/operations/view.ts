import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { type Bot, botById } from '../records/bot.ts'
import { type Operation, operationById, unfinishedOperations } from '../records/operation.ts'
import { type Step, stepsOf } from '../records/step.ts'

/** All that a door needs in order to show an operation. */
export type OperationView = {
  operation: Operation
  bot: Bot
  steps: Step[]
  /** How many of the same bot run before it. */
  ahead: number
  /** The last lines of its build while that runs; only in the process that builds. */
  tail?: string[]
}

/** Ids of the operations that nobody has begun, oldest first. */
export const queuedOperations = async ({ database }: Engine): Promise<number[]> =>
  (await unfinishedOperations(database.read)).flatMap(({ id, state }) => (state === 'queued' ? [id] : []))

/** Fails with `unknown_operation`. */
export const operationView = async (engine: Engine, id: number): Promise<OperationView> => {
  const { read } = engine.database
  const operation = await operationById(read, id)
  if (!operation) throw new TbsError('unknown_operation', `There is no operation #${id}`)
  const bot = await botById(read, operation.botId)
  const unfinished = await unfinishedOperations(read, bot.id)
  const tail = engine.running.tails.get(id)
  return {
    operation,
    bot,
    steps: await stepsOf(read, id),
    ahead: unfinished.filter((other) => other.id < id).length,
    ...(tail && tail.length > 0 && { tail: [...tail] }),
  }
}
