import type { OperationRequest } from '../deploy-engine/index.ts'
import type { CommandContext, Reply } from './command.ts'
import { line } from './text/rich-text.ts'

/** Writes an operation down, has it followed, then queues it: in this order nothing asked for is lost on the way. */
export const operate = async (
  context: CommandContext,
  request: Omit<OperationRequest, 'requestedBy' | 'requestKey'>,
): Promise<Reply> => {
  const { engine, verbs, requestedBy, requestKey } = context
  const asked = { ...request, requestedBy, ...(requestKey !== undefined && { requestKey }) }
  const { operation, superseded } = await verbs.requestOperation(engine, asked)
  await context.follow(operation.id)
  const queued = await context.enqueue(operation.id)
  return {
    text: queued ? [] : [line(queueDown(operation.id))],
    operation: operation.id,
    data: { operation: operation.id, superseded: superseded.map(({ id }) => id) },
  }
}

export const queueDown = (operation: number): string =>
  `Queueing is down: Redis can’t be reached. #${operation} is written down and runs as soon as Redis is back.`
