import type { Bot } from '../world/state.ts'
import { takeUpdates, type Update } from '../world/updates.ts'
import type { World } from '../world/world.ts'
import type { After } from './clock.ts'
import { ApiError } from './errors.ts'

export type PollRequest = { offset: number; limit: number; timeout: number }

type Waiting = { wake: () => void; detach: () => void; refuse: (error: unknown) => void }
type BotPolls = { waiting?: Waiting; lastOffset: number; lastStart: number; quietUntil: number; conflicts: number }
export type Polls = { world: World; after: After; bots: Map<number, BotPolls> }

// The real server waits this long after an update for more of them.
const GATHER_MS = 1
const CONFLICT_EVERY_MS = 3_000
const WEBHOOK_IS_SET =
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
const OTHER_POLL = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'
const SET_WEBHOOK = 'Conflict: terminated by setWebhook request'

/** Waiting polls are woken by the world's own events. */
export const openPolls = (world: World, after: After): Polls => {
  const polls: Polls = { world, after, bots: new Map() }
  world.listeners.add((event) => {
    if (event.type === 'update') polls.bots.get(event.bot)?.waiting?.wake()
  })
  return polls
}

/**
 * One getUpdates, by the rules of the open-source server (Client.cpp, do_get_updates). Answers at once when updates
 * wait; else a poll that may wait throws any older one out. `gone` tells that the client has hung up.
 */
export const poll = async (polls: Polls, bot: Bot, request: PollRequest & { gone: AbortSignal }): Promise<Update[]> => {
  if (bot.webhookUrl) throw await conflict(polls, bot.id, WEBHOOK_IS_SET)
  const state = pollsOf(polls, bot.id)
  const { offset, limit, timeout } = slowedDown(polls, state, request)
  const updates = takeUpdates(polls.world, bot, { offset, limit })
  if (updates.length || timeout === 0) return updates
  interrupt(polls, bot.id, OTHER_POLL)
  return wait(polls, bot, { offset: Math.max(offset, 0), limit, timeout, gone: request.gone })
}

export const interruptBySetWebhook = (polls: Polls, bot: number) => interrupt(polls, bot, SET_WEBHOOK)

/** The waiting polls of these bots are refused with this error, as an outage does. */
export const breakPolls = (polls: Polls, error: unknown, concerned: (bot: number) => boolean) => {
  for (const [bot, { waiting }] of polls.bots) {
    if (!concerned(bot)) continue
    waiting?.detach()
    waiting?.refuse(error)
  }
}

export const conflictsOf = (polls: Polls, bot: number) => polls.bots.get(bot)?.conflicts ?? 0

const wait = (polls: Polls, bot: Bot, { offset, limit, timeout, gone }: PollRequest & { gone: AbortSignal }) =>
  new Promise<Update[]>((resolve, reject) => {
    const state = pollsOf(polls, bot.id)
    const timers: (() => void)[] = []
    const detach = () => {
      for (const cancel of timers) cancel()
      gone.removeEventListener('abort', leave)
      if (state.waiting === waiting) delete state.waiting
    }
    const take = () => {
      detach()
      resolve(takeUpdates(polls.world, bot, { offset, limit }))
    }
    // Nobody is there to be answered: the updates stay for whoever asks next.
    const leave = () => {
      detach()
      resolve([])
    }
    const waiting: Waiting = { wake: () => timers.push(polls.after(GATHER_MS, take)), detach, refuse: reject }
    state.waiting = waiting
    timers.push(polls.after(timeout * 1000, take))
    gone.addEventListener('abort', leave)
    if (gone.aborted) leave()
  })

const interrupt = (polls: Polls, bot: number, why: string) => {
  const { waiting } = pollsOf(polls, bot)
  waiting?.detach()
  if (waiting) void conflict(polls, bot, why).then(waiting.refuse)
}

// One 409 per 3 s is given at once, any other after 3 s, so that two pollers in a loop don't spin.
const conflict = (polls: Polls, bot: number, why: string): Promise<ApiError> => {
  const state = pollsOf(polls, bot)
  state.conflicts += 1
  const error = new ApiError(409, why)
  const now = polls.world.now()
  if (now < state.quietUntil) return new Promise((resolve) => polls.after(CONFLICT_EVERY_MS, () => resolve(error)))
  state.quietUntil = now + CONFLICT_EVERY_MS
  return Promise.resolve(error)
}

// A client that asks for the same offset again and again is made to wait, and gets one update at a time.
const slowedDown = (polls: Polls, state: BotPolls, { offset, limit, timeout }: PollRequest): PollRequest => {
  const now = polls.world.now()
  const again = offset === state.lastOffset
  const since = now - state.lastStart
  state.lastOffset = offset
  state.lastStart = now
  return {
    offset,
    limit: again && since < 500 ? 1 : limit,
    timeout: again && since < 3_000 && timeout < 3 ? 3 : timeout,
  }
}

const pollsOf = (polls: Polls, bot: number): BotPolls => {
  const known = polls.bots.get(bot)
  if (known) return known
  const fresh = { lastOffset: -1, lastStart: 0, quietUntil: 0, conflicts: 0 }
  polls.bots.set(bot, fresh)
  return fresh
}
