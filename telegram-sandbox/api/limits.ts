import type { World } from '../world/world.ts'
import { ApiError } from './errors.ts'

/** At most so many calls within so many seconds, in any such span. */
export type Budget = { calls: number; seconds: number }

/**
 * What one bot may send and edit in one chat. A kind of chat without a budget has no limit. `penalty` is how long a
 * chat stays closed, in seconds, once its budget is spent; without it, until the budget has room again.
 */
export type Limits = { group?: Budget; private?: Budget; penalty?: number }

type Spending = { at: number[]; closedUntil: number }
export type Budgets = { limits: Limits | undefined; chats: Map<string, Spending>; refused: Map<number, number> }

/** Telegram's own, as far as its developers have told: about 20 a minute in a group, one a second in private. */
export const TELEGRAM_LIMITS: Limits = { group: { calls: 20, seconds: 60 }, private: { calls: 10, seconds: 10 } }

// Sends and edits share a budget, and making a topic is a send (tdlib/td#2592). Answering a button is free.
const COUNTED = ['sendmessage', 'senddocument', 'editmessagetext', 'editmessagereplymarkup', 'createforumtopic']

export const newBudgets = (): Budgets => ({ limits: undefined, chats: new Map(), refused: new Map() })

/** Limits hold from now on, and what was sent before is forgotten. Without any there are none. */
export const setLimits = (budgets: Budgets, limits: Limits | undefined): void => {
  budgets.limits = limits
  budgets.chats.clear()
}

export const refusalsOf = ({ refused }: Budgets, bot: number): number => refused.get(bot) ?? 0

type Spent = { bot: number; method: string; chat: string | undefined }

/** Takes a call from its chat's budget. Throws the 429 when there is nothing left. */
export const spend = ({ now }: World, budgets: Budgets, { bot, method, chat = '' }: Spent): void => {
  const { limits, chats, refused } = budgets
  const budget = chat.startsWith('-') ? limits?.group : limits?.private
  if (!limits || !budget || !COUNTED.includes(method.toLowerCase())) return
  const key = `${bot} ${chat}`
  const spending = chats.get(key) ?? { at: [], closedUntil: 0 }
  chats.set(key, spending)
  const wait = waitFor(spending, budget, now())
  if (wait <= 0) {
    spending.at.push(now())
    return
  }
  if (limits.penalty && spending.closedUntil <= now()) spending.closedUntil = now() + limits.penalty * 1000
  refused.set(bot, (refused.get(bot) ?? 0) + 1)
  throw tooMany(Math.ceil(Math.max(wait, spending.closedUntil - now()) / 1000))
}

const waitFor = (spending: Spending, { calls, seconds }: Budget, now: number): number => {
  if (spending.closedUntil > now) return spending.closedUntil - now
  spending.at = spending.at.filter((at) => now - at < seconds * 1000)
  const makesRoom = spending.at.at(-calls)
  return makesRoom === undefined ? 0 : makesRoom + seconds * 1000 - now
}

const tooMany = (seconds: number) =>
  new ApiError(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds })
