import {
  type Engine,
  isOver,
  type Operation,
  type OperationView,
  operationById,
  operationView,
  remembered,
} from '../../deploy-engine/index.ts'
import { toHtml } from '../text/html.ts'
import { writeDown } from './audit.ts'
import type { Priority } from './budget.ts'
import { deliver } from './deliver.ts'
import { frameOf } from './frame.ts'
import type { Lanes } from './lanes.ts'
import { type BroughtUp, type Live, openLive } from './live.ts'
import type { Outbox } from './outbox.ts'
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
import type { Speaking } from './speaking.ts'

/** One message per operation, edited as it goes on; its end is always delivered, if need be after a restart. */
export type Progress = {
  /** Writes down where the operation is to be shown; with `messageId` in place of what that message shows. */
  follow(operation: number, place: Place & { messageId?: number }): Promise<void>
  /** Shows what the manager began on its own to the first owner. */
  announce(operation: number): Promise<void>
  /** There may be something new to show. */
  wake(operation: number): void
  /** Shows whatever is behind, and goes on until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

const REFRESH_MS = 5000
const GATHER_MS = 50

type Parts = { engine: Engine; speaking: Speaking; lanes: Lanes; outbox: Outbox }

export const openProgress = (parts: Parts): Progress => {
  const shown: State['shown'] = new Map()
  const live = openLive(parts, {
    read: async (id) => {
      if (!shown.has(id)) shown.set(id, '')
      const message = await parts.engine.database.read.findOneBy(OperationMessageSchema, { id })
      return message?.state === 'open' ? message : undefined
    },
    bringUp: (message) => bringUp(state, message),
    giveUp: ({ id }) =>
      parts.engine.database.transaction((entities) => changeOperationMessage(entities, id, { state: 'closed' })),
  })
  const open = remembered(parts.engine, () => openMessages(parts.engine.database.read))
  const state: State = { ...parts, live, shown, open }
  return {
    follow: (operation, place) => follow(state, operation, place),
    announce: (operation) => announce(state, operation),
    wake: (operation) => wakeSafely(state, operation),
    run: (signal) => run(state, signal),
  }
}

type State = Parts & {
  live: Live<OperationMessage>
  /** What each message was last brought to; empty while it is sent for the first time. */
  shown: Map<number, string>
  open(): Promise<OperationMessage[]>
}

const follow = ({ engine }: State, operation: number, place: Place & { messageId?: number }): Promise<void> =>
  engine.database.transaction((entities) =>
    addOperationMessage(entities, operation, { ...place, createdAt: engine.clock.now() }),
  )

const announce = async (state: State, operation: number): Promise<void> => {
  const { engine } = state
  const view = await operationView(engine, operation)
  if (view.operation.requestedBy !== 'manager') return
  await auditOwn(engine, view)
  const [owner] = await owners(engine.database.read)
  if (!owner) return
  await follow(state, operation, { chatId: owner.telegramId, threadId: null, replyTo: null })
  await wake(state, operation)
}

const auditOwn = async (engine: Engine, { operation: { id, kind, args }, bot }: OperationView): Promise<void> => {
  const words = args.release === undefined ? {} : { release: `v${args.release}` }
  const wanted = { verb: kind, bot: bot.name, words }
  const end = { result: 'done' as const, operation: id }
  await engine.database.transaction((entities) =>
    writeDown(engine, entities, { door: 'manager', by: 'manager', key: `operation:${id}`, wanted, end }),
  )
}

const run = async (state: State, signal: AbortSignal): Promise<void> => {
  const { engine, speaking } = state
  const wakeSoon = gathered(state, signal)
  const stopListening = engine.changes.listen(({ operation }) => operation !== undefined && wakeSoon(operation))
  while (!signal.aborted) {
    await sweep(state).catch((err) => speaking.log.error({ err }, 'progress could not be read'))
    await engine.clock.sleep(REFRESH_MS, signal).catch(() => {})
  }
  stopListening()
}

// One step ends where the next begins, and what carries them out should not have to wait for reads in between.
const gathered = (state: State, signal: AbortSignal): ((operation: number) => void) => {
  const waiting = new Set<number>()
  const wakeLater = async (operation: number): Promise<void> => {
    await state.engine.clock.sleep(GATHER_MS, signal).catch(() => {})
    waiting.delete(operation)
    if (!signal.aborted) wakeSafely(state, operation)
  }
  return (operation) => {
    if (waiting.has(operation)) return
    waiting.add(operation)
    void wakeLater(operation)
  }
}

const sweep = async (state: State): Promise<void> => {
  for (const message of await state.open()) {
    const { behind, operation } = await standOf(state.engine, message)
    if (behind) put(state, message, operation)
  }
}

// The time of a running step grows; an end that is not closed yet still owes its alarm.
const standOf = async (engine: Engine, { operationId, deliveredRevision }: OperationMessage) => {
  const { over, settled, view } = await frameOf(engine, operationId)
  const { operation } = view
  return { operation, behind: !over || settled || operation.revision > deliveredRevision }
}

const wakeSafely = (state: State, operation: number): void => {
  wake(state, operation).catch((err) => state.speaking.log.error({ err, operation }, 'progress could not be read'))
}

const wake = async (state: State, operation: number): Promise<void> => {
  const messages = await messagesOf(state.engine.database.read, operation)
  if (messages.length === 0) return
  const row = await operationById(state.engine.database.read, operation)
  for (const message of messages) put(state, message, row)
}

const put = (state: State, message: OperationMessage, operation: Operation | undefined): void =>
  state.live.put(message, priorityOf(state, message, operation))

// The first frame and the last are what somebody waits for; a failure's last one brings its alarm with it.
const priorityOf = (
  { shown }: State,
  { id, deliveredRevision, alarmed }: OperationMessage,
  operation: Operation | undefined,
): Priority => {
  if (operation?.state === 'failed' && !alarmed) return 'alert'
  const isFirst = deliveredRevision === 0 && !shown.has(id)
  return isFirst || (operation && isOver(operation)) ? 'result' : 'progress'
}

/** Shows the newest frame. */
const bringUp = async (state: State, message: OperationMessage): Promise<BroughtUp> => {
  const { engine, shown } = state
  const frame = await frameOf(engine, message.operationId)
  const face = toHtml(frame.text) + JSON.stringify(frame.offers)
  const isNews = shown.get(message.id) !== face || frame.over
  if (isNews) await deliver(state, { message, frame })
  if (frame.settled) shown.delete(message.id)
  else shown.set(message.id, face)
  return { sent: isNews }
}
