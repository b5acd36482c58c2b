import type { EntityManager } from 'typeorm'
import { type Engine, isOver, operationById, operationView } from '../../deploy-engine/index.ts'
import { toHtml } from '../text/html.ts'
import { backoff } from './backoff.ts'
import { errorCode, isPassing, retryAfterMs } from './bot-api.ts'
import { deliver } from './deliver.ts'
import { frameOf } from './frame.ts'
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
  const state: State = { engine, speaking, lanes: new Map(), shown: new Map(), failures: new Map() }
  return {
    follow: (operation, place) => follow(state, operation, place),
    announce: (operation) => announce(state, operation),
    wake: (operation) => wakeSafely(state, operation),
    run: (signal) => run(state, signal),
  }
}

type State = {
  engine: Engine
  speaking: Speaking
  /** By chat. */
  lanes: Map<number, Lane>
  /** What each message was last brought to; empty while it is sent for the first time. */
  shown: Map<number, string>
  /** In a row, by message. */
  failures: Map<number, number>
}

const follow = ({ engine }: State, operation: number, place: Place): Promise<void> =>
  engine.database.transaction((entities) =>
    addOperationMessage(entities, operation, { ...place, createdAt: engine.clock.now() }),
  )

const announce = async (state: State, operation: number): Promise<void> => {
  const { engine } = state
  const [owner] = await owners(engine.database.read)
  if (!owner || (await operationView(engine, operation)).operation.requestedBy !== 'manager') return
  await follow(state, operation, { chatId: owner.telegramId, threadId: null, replyTo: null })
  await wake(state, operation)
}

const run = async (state: State, signal: AbortSignal): Promise<void> => {
  const { engine, lanes, speaking } = state
  const stopListening = engine.changes.listen(({ operation }) => wakeSafely(state, operation))
  while (!signal.aborted) {
    await sweep(state).catch((err) => speaking.log.error({ err }, 'progress could not be read'))
    await engine.clock.sleep(REFRESH_MS, signal).catch(() => {})
  }
  stopListening()
  // What is on its way may have arrived: cut off now, it would be sent a second time after the restart.
  await Promise.all([...lanes.values()].map((lane) => lane.idle()))
}

const sweep = async (state: State): Promise<void> => {
  for (const message of await openMessages(state.engine.database.read)) {
    if (await isBehind(state.engine, message)) put(state, message)
  }
}

// The time of a running step grows; an end that is not closed yet still owes its alarm.
const isBehind = async (engine: Engine, { operationId, deliveredRevision }: OperationMessage): Promise<boolean> => {
  const { over, settled, view } = await frameOf(engine, operationId)
  return !over || settled || view.operation.revision > deliveredRevision
}

const wakeSafely = (state: State, operation: number): void => {
  wake(state, operation).catch((err) => state.speaking.log.error({ err, operation }, 'progress could not be read'))
}

const wake = async (state: State, operation: number): Promise<void> => {
  const messages = await messagesOf(state.engine.database.read, operation)
  if (messages.length === 0) return
  // Steps may wait for each other; the end is what somebody waits for.
  const row = await operationById(state.engine.database.read, operation)
  for (const message of messages) put(state, message, row !== undefined && isOver(row))
}

const put = (state: State, { id, chatId, messageId }: OperationMessage, over = false): void =>
  laneOf(state, chatId).add(id, { urgent: over || (messageId === null && !state.shown.has(id)) })

const laneOf = (state: State, chat: number): Lane => {
  const { engine, lanes, speaking } = state
  const known = lanes.get(chat)
  if (known) return known
  const spacingMs = chat < 0 ? SPACING_GROUP_MS : SPACING_PRIVATE_MS
  const deliver = (id: number) => bringUp(state, id)
  const lane = openLane({ clock: engine.clock, signal: speaking.signal, spacingMs, deliver })
  lanes.set(chat, lane)
  return lane
}

/** Shows the newest frame. Resolves with 0, or with the ms after which to try again. */
const bringUp = async (state: State, id: number): Promise<number> => {
  const { engine, speaking, shown, failures } = state
  try {
    if (!shown.has(id)) shown.set(id, '')
    const message = await engine.database.read.findOneBy(OperationMessageSchema, { id })
    if (!message || message.state === 'closed') return 0
    const frame = await frameOf(engine, message.operationId)
    const html = toHtml(frame.text)
    if (shown.get(id) !== html || frame.over) await deliver(engine, speaking, { message, frame })
    failures.delete(id)
    if (frame.settled) shown.delete(id)
    else shown.set(id, html)
    return 0
  } catch (error) {
    return speaking.signal.aborted ? 0 : afterFailure(state, id, error)
  }
}

const afterFailure = async ({ engine, speaking, failures }: State, id: number, error: unknown): Promise<number> => {
  const count = (failures.get(id) ?? 0) + 1
  failures.set(id, count)
  const tryAgain = retryAfterMs(error) ?? backoff(count, speaking.random)
  if (isPassing(error)) return tryAgain
  speaking.log.error({ message: id, err: error }, 'progress could not be shown')
  // Only where Telegram itself said no, another try is pointless.
  if (errorCode(error) === undefined) return tryAgain
  const close = (entities: EntityManager) => changeOperationMessage(entities, id, { state: 'closed' })
  return engine.database.transaction(close).then(
    () => 0,
    () => tryAgain,
  )
}
