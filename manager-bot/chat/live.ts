import type { Engine } from '../../deploy-engine/index.ts'
import { isTelegrams } from './bot-api.ts'
import { PRIORITIES, type Priority } from './budget.ts'
import type { Delivery, Job } from './lane.ts'
import type { Lanes } from './lanes.ts'
import type { Place } from './records/operation-message.ts'
import { remedy } from './remedy.ts'
import type { Speaking } from './speaking.ts'

/** Messages of one kind, each of which shows something that changes, and is brought up to it in its chat's turn. */
export type Live<Message extends LiveMessage> = {
  /** It may not show what is true now. Changes in between are one: the newest is shown. */
  put(message: Message, priority: Priority): void
}

export type LiveMessage = Pick<Place, 'chatId' | 'threadId'> & { id: number }

/** What this kind of message shows, and how. */
export type Showing<Message extends LiveMessage> = {
  /** undefined: nothing more is shown there. */
  read(id: number): Promise<Message | undefined>
  /** Does the next thing that is due. Fails as the Bot API does. */
  bringUp(message: Message): Promise<BroughtUp>
  /** Telegram will never take it. */
  giveUp(message: Message): Promise<void>
}

/** `sent`: Telegram was asked for something. `more`: another thing is due. */
export type BroughtUp = { sent: boolean; more?: Priority | undefined }

type Parts = { engine: Engine; speaking: Speaking; lanes: Lanes }

export const openLive = <Message extends LiveMessage>(parts: Parts, showing: Showing<Message>): Live<Message> => {
  const state: State<Message> = { ...parts, ...showing, behind: new Map(), failures: new Map(), turns: 0 }
  parts.lanes.feed({
    next: async (chatId) => nextOf(state, chatId),
    moved: (from, to) => {
      for (const item of state.behind.values()) if (item.chatId === from) item.chatId = to
    },
  })
  return { put: (message, priority) => put(state, message, priority) }
}

type State<Message extends LiveMessage> = Parts &
  Showing<Message> & {
    behind: Map<number, Item>
    /** In a row, by message. */
    failures: Map<number, number>
    turns: number
  }

/** Of two that are equally important the one goes first that became so first, which has the lower turn. */
type Item = { chatId: number; priority: Priority; turn: number }

const inOrder = (one: Item, other: Item): number =>
  PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority) || one.turn - other.turn

const foremost = (one: Item, other: Item | undefined): Item => (other && inOrder(other, one) < 0 ? other : one)

const put = <Message extends LiveMessage>(state: State<Message>, { id, chatId }: Message, wanted: Priority): void => {
  const item = foremost({ chatId, priority: wanted, turn: nextTurn(state) }, state.behind.get(id))
  state.behind.set(id, { ...item, chatId })
  state.lanes.wake(chatId)
}

const nextTurn = (state: { turns: number }): number => {
  state.turns += 1
  return state.turns
}

const nextOf = <Message extends LiveMessage>(state: State<Message>, chatId: number): Job | undefined => {
  const own = [...state.behind].filter(([, item]) => item.chatId === chatId)
  const [first] = own.sort(([, one], [, other]) => inOrder(one, other))
  if (!first) return undefined
  const [id, { priority }] = first
  return { priority, deliver: () => deliver(state, id) }
}

const deliver = async <Message extends LiveMessage>(state: State<Message>, id: number): Promise<Delivery> => {
  const { speaking, failures, behind } = state
  const item = behind.get(id)
  behind.delete(id)
  const message = await state.read(id)
  if (!message) return { sent: false, retryMs: 0 }
  try {
    const { sent, more } = await state.bringUp(message)
    failures.delete(id)
    if (more) put(state, message, more)
    return { sent, retryMs: 0 }
  } catch (error) {
    if (speaking.signal.aborted) return { sent: true, retryMs: 0 }
    const retryMs = await afterFailure(state, message, error)
    const { chatId = message.chatId, priority = 'progress', turn = nextTurn(state) } = item ?? {}
    // What it is to show may have become more important while it was on its way.
    const again = foremost({ chatId, priority, turn }, behind.get(id))
    // What fails by a fault of our own in one message lets the others go first.
    if (retryMs !== undefined) behind.set(id, isTelegrams(error) ? again : { ...again, turn: nextTurn(state) })
    return { sent: true, retryMs: retryMs ?? 0 }
  }
}

const afterFailure = async <Message extends LiveMessage>(
  state: State<Message>,
  message: Message,
  error: unknown,
): Promise<number | undefined> => {
  const { engine, failures } = state
  const count = (failures.get(message.id) ?? 0) + 1
  failures.set(message.id, count)
  const retryMs = await remedy(engine, state, { place: message, error, failures: count })
  if (retryMs === undefined) await state.giveUp(message)
  return retryMs
}
