import { budgetOf } from './budget.ts'
import { type Job, type Lane, openLane } from './lane.ts'
import type { Speaking } from './speaking.ts'

/** What there is to say in a chat. */
export type Source = {
  next(chatId: number): Promise<Job | undefined>
  /** The chat has another id from now on. */
  moved?(from: number, to: number): void
}

/** One lane for each chat, so that a penalty in one holds up no other. */
export type Lanes = {
  feed(source: Source): void
  wake(chatId: number): void
  move(from: number, to: number): void
  idle(): Promise<void>
}

export const openLanes = ({ clock, log, signal }: Speaking): Lanes => {
  const sources: Source[] = []
  const lanes = new Map<number, Lane>()
  const laneOf = (chatId: number): Lane => {
    const known = lanes.get(chatId)
    if (known) return known
    const own = sources.map((source) => () => source.next(chatId))
    const lane = openLane({ clock, log, signal, budget: budgetOf(chatId), sources: own })
    lanes.set(chatId, lane)
    return lane
  }
  return {
    feed: (source) => void sources.push(source),
    wake: (chatId) => laneOf(chatId).wake(),
    move: (from, to) => {
      for (const source of sources) source.moved?.(from, to)
      laneOf(to).wake()
    },
    idle: async () => {
      await Promise.all([...lanes.values()].map((lane) => lane.idle()))
    },
  }
}
