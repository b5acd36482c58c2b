import type { Engine } from '../ports.ts'
import { OperationSchema, operationById } from '../records/operation.ts'
import { perform } from './perform.ts'

/** Why a running operation is told to stop. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

/**
 * What a queue's job asks for: carry out what is queued for the operation's bot, in order, or stop the running one if
 * that was asked for. The database is the truth, a job only a wake-up; too many of them do no harm.
 */
export const lookAtOperation = async (engine: Engine, id: number): Promise<void> => {
  const operation = await operationById(engine.database.read, id)
  if (!operation) return
  if (operation.cancelRequested) engine.running.controllers.get(id)?.abort(new Cancelled('cancelled on request'))
  await workOff(engine, operation.botId)
}

const workOff = async (engine: Engine, botId: number): Promise<void> => {
  const { bots } = engine.running
  const busy = bots.get(botId)
  if (busy) {
    busy.again = true
    return
  }
  const turn = { again: true }
  bots.set(botId, turn)
  try {
    while (turn.again) {
      turn.again = false
      for (let next = await oldestQueued(engine, botId); next; next = await oldestQueued(engine, botId)) {
        await perform(engine, next)
      }
    }
  } finally {
    bots.delete(botId)
  }
}

const oldestQueued = ({ database }: Engine, botId: number) =>
  database.read.findOne(OperationSchema, { where: { botId, state: 'queued' }, order: { id: 'ASC' } })
