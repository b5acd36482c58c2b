import { type Engine, messageOf, operationView } from '../../deploy-engine/index.ts'
import { toHtml } from '../text/html.ts'
import { backoff } from './backoff.ts'
import { errorCode, isPassing, retryAfterMs } from './bot-api.ts'
import { deliver } from './deliver.ts'
import { type Frame, frameOf } from './frame.ts'
import { type Lane, openLane } from './lane.ts'
import {
  addOperationMessage,
  changeOperationMessage,
  messagesOf,
  type OperationMessage,
  OperationMessageSchema,
  openMessages,
  type Place,
} from './records/operation-message.ts'
import { owners } from './records/person.ts'
import type { Speaking } from './say.ts'

/** One message per operation, edited as it goes on; its end is always delivered, if need be after a restart. */
export type Progress = {
  /** Writes down where the operation is to be shown. */
  follow(operation: number, place: Place): Promise<void>
  /** Shows what the manager began on its own to the first owner. */
  announce(operation: number): Promise<void>
  /** There may be something new to show. */
  wake(operation: number): void
  /** Shows whatever is behind, and goes on until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

const REFRESH_MS = 5000
const SPACING_PRIVATE_MS = 1500
// Telegram counts about 20 messages and edits a minute in a group.
const SPACING_GROUP_MS = 3000

export const openProgress = (engine: Engine, speaking: Speaking): Progress => {
  const lanes = new Map<number, Lane>()
  // What each message was last brought to; empty while it is sent for the first time.
  const shown = new Map<number, string>()
  const failures = new Map<number, number>()

  const bring = async (id: number): Promise<number> => {
    try {
      if (!shown.has(id)) shown.set(id, '')
      const message = await engine.database.read.findOneBy(OperationMessageSchema, { id })
      if (!message || message.state === 'closed') return 0
      const frame = await frameOf(engine, message.operationId)
      const html = toHtml(frame.text)
      if (shown.get(id) !== html || frame.over) await deliver(engine, speaking, { message, frame })
      remember(id, html, frame)
      return 0
    } catch (error) {
      if (speaking.signal.aborted) return 0
      return handleFailure(id, error)
    }
  }

  const remember = (id: number, html: string, { settled }: Frame) => {
    failures.delete(id)
    if (settled) shown.delete(id)
    else shown.set(id, html)
  }

  const handleFailure = async (id: number, error: unknown): Promise<number> => {
    const count = (failures.get(id) ?? 0) + 1
    failures.set(id, count)
    if (isPassing(error)) return retryAfterMs(error) ?? backoff(count, speaking.random)
    speaking.log.error(
      { message: id, code: errorCode(error), reason: messageOf(error) },
      'a chat takes no progress, giving up',
    )
    await engine.database.transaction((entities) => changeOperationMessage(entities, id, { state: 'closed' }))
    return 0
  }

  const laneOf = (chat: number): Lane => {
    const known = lanes.get(chat)
    if (known) return known
    const spacingMs = chat < 0 ? SPACING_GROUP_MS : SPACING_PRIVATE_MS
    const lane = openLane({ clock: engine.clock, signal: speaking.signal, spacingMs, deliver: bring })
    lanes.set(chat, lane)
    return lane
  }

  const put = ({ id, chatId, messageId }: OperationMessage) =>
    laneOf(chatId).add(id, { urgent: messageId === null && !shown.has(id) })

  const wake = async (operation: number): Promise<void> => {
    for (const message of await messagesOf(engine.database.read, operation)) put(message)
  }

  const follow = (operation: number, place: Place): Promise<void> =>
    engine.database.transaction((entities) =>
      addOperationMessage(entities, operation, { ...place, createdAt: engine.clock.now() }),
    )

  const wakeSafely = (operation: number): void => {
    wake(operation).catch((error) => speaking.log.error({ err: error, operation }, 'progress could not be read'))
  }

  const sweep = async (): Promise<void> => {
    for (const message of await openMessages(engine.database.read)) {
      if (await isBehind(engine, message)) put(message)
    }
  }

  return {
    follow,
    announce: async (operation) => {
      const { read } = engine.database
      const [owner] = await owners(read)
      if (!owner || (await operationView(engine, operation)).operation.requestedBy !== 'manager') return
      await follow(operation, { chatId: owner.telegramId, threadId: null, replyTo: null })
      await wake(operation)
    },
    wake: wakeSafely,
    run: async (signal) => {
      const stopListening = engine.changes.listen(({ operation }) => wakeSafely(operation))
      while (!signal.aborted) {
        await sweep().catch((error) => speaking.log.error({ err: error }, 'progress could not be read'))
        await engine.clock.sleep(REFRESH_MS, signal).catch(() => {})
      }
      stopListening()
      // What is on its way may have arrived: cut off now, it would be sent a second time after the restart.
      await Promise.all([...lanes.values()].map((lane) => lane.idle()))
    },
  }
}

// The time of a running step grows; an end that is not closed yet still owes its alarm.
const isBehind = async (engine: Engine, { operationId, deliveredRevision }: OperationMessage): Promise<boolean> => {
  const { over, settled, view } = await frameOf(engine, operationId)
  return !over || settled || view.operation.revision > deliveredRevision
}
