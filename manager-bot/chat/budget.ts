/** In the order of their importance. */
export const PRIORITIES = ['alert', 'result', 'progress'] as const
export type Priority = (typeof PRIORITIES)[number]

/** How much one chat may be told. Sends and edits share it, as they do at Telegram. */
export type Budget = {
  /** When something of this priority may go out; `now` when it may at once. */
  freeAt(priority: Priority, now: number): number
  spend(now: number): void
}

type Rate = { windowMs: number; most: Record<Priority, number>; frameMs: number }

// About 20 a minute (telegram.md, 1.5). What is left by the lesser is there for the greater.
const GROUP: Rate = { windowMs: 60_000, most: { alert: 19, result: 16, progress: 8 }, frameMs: 3_000 }
// About one a second with bursts.
const PRIVATE: Rate = { windowMs: 20_000, most: { alert: 20, result: 18, progress: 10 }, frameMs: 1_500 }

/** Groups have negative ids. */
export const budgetOf = (chatId: number): Budget => budget(chatId < 0 ? GROUP : PRIVATE)

const budget = ({ windowMs, most, frameMs }: Rate): Budget => {
  let spent: number[] = []
  let saidAt = Number.NEGATIVE_INFINITY
  return {
    freeAt: (priority, now) => {
      spent = spent.filter((at) => at > now - windowMs)
      const last = spent.at(-most[priority])
      const room = last === undefined ? now : last + windowMs
      return priority === 'progress' ? Math.max(room, saidAt + frameMs) : room
    },
    spend: (now) => {
      spent.push(now)
      saidAt = now
    },
  }
}
