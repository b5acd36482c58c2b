import type { OperationRequest } from '../deploy-engine/index.ts'
import type { CommandContext, Reply } from './command.ts'
import { line } from './text/rich-text.ts'

/** Writes an operation down, has it followed, then queues it: in this order nothing asked for is lost on the way. */
export const operate = (
  context: CommandContext,
  request: Omit<OperationRequest, 'requestedBy' | 'requestKey'>,
): Promise<Reply> => {
  const { engine, verbs, requestedBy, requestKey } = context
  const asked = { ...request, requestedBy, ...(requestKey !== undefined && { requestKey }) }
  return queue(context, () => verbs.requestOperation(engine, asked))
}

type Requested = { operation: { id: number }; superseded?: readonly { id: number }[] }

/** The same for what writes its operation down in its own way. */
export const queue = async (context: CommandContext, request: () => Promise<Requested>): Promise<Reply> => {
  const { operation, superseded = [] } = await request()
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
