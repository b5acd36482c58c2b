import { takeTurn } from '../operations/turn.ts'
import type { Engine } from '../ports.ts'
import { unfinishedOperations } from '../records/operation.ts'

export type Queue = { engine: Engine; enqueue(operation: number): Promise<void> }

/**
 * Does something for a bot while nothing else is being done for it, else not at all. What was asked for meanwhile is
 * queued again: it was turned away, and is not to be carried out by a watch.
 */
export const betweenOperations = async (
  { engine, enqueue }: Queue,
  botId: number,
  work: () => Promise<void>,
): Promise<void> => {
  if ((await takeTurn(engine, botId, work)) !== 'news') return
  const [first] = await unfinishedOperations(engine.database.read, botId)
  if (first) await enqueue(first.id)
}
