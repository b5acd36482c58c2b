import type { Bot, QueuedUpdate, UpdateQueue } from './state.ts'
import { emit, seconds, type World } from './world.ts'

/** Updates as getUpdates gives them. Rules: TQueue of the open-source Bot API server. */
export type Update = { update_id: number } & Record<string, unknown>

const DAY = 86_400
const WEEK = 7 * DAY
const MAX_QUEUED = 100_000
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

// How long Telegram keeps an update of each type; every other type a day.
const RETENTION: Record<string, number> = {
  inline_query: 30,
  callback_query: 150,
  shipping_query: 150,
  pre_checkout_query: 150,
  chosen_inline_result: 600,
}
const NOT_BY_DEFAULT = ['chat_member', 'message_reaction', 'message_reaction_count']

export const newQueue = (world: World): UpdateQueue => ({ updates: [], nextId: randomId(world), lastPushAt: 0 })

/** Queues an update unless the bot's allowed_updates leave its type out or its queue is full. `date`: Unix seconds. */
export const pushUpdate = (
  world: World,
  bot: Bot,
  { type, body, date }: { type: string; body: unknown; date?: number },
) => {
  const allowed = bot.allowedUpdates?.length ? bot.allowedUpdates.includes(type) : !NOT_BY_DEFAULT.includes(type)
  if (!allowed || bot.queue.updates.length >= MAX_QUEUED) return
  const { queue } = bot
  const now = seconds(world)
  if (queue.lastPushAt && now - queue.lastPushAt > WEEK) queue.nextId = randomId(world)
  const born = date ?? now
  queue.updates.push({ update_id: queue.nextId, expires: born + (RETENTION[type] ?? DAY), type, body })
  queue.nextId += 1
  queue.lastPushAt = now
  emit(world, { type: 'update', bot: bot.id })
}

/** Confirms (forgets) everything below `offset`, then gives at most `limit` updates; they stay until confirmed. */
export const takeUpdates = (world: World, bot: Bot, { offset, limit }: { offset: number; limit: number }): Update[] => {
  const { queue } = bot
  const before = queue.updates.length
  forgetExpired(world, queue)
  if (offset < 0) queue.updates = queue.updates.slice(offset)
  const from = startingPoint(queue, offset)
  queue.updates = queue.updates.filter(({ update_id }) => update_id >= from)
  if (queue.updates.length !== before) emit(world, { type: 'queue', bot: bot.id })
  return fitting(queue.updates.slice(0, limit)).map(({ update_id, type, body }) => ({ update_id, [type]: body }))
}

/** What waits, oldest first, without confirming anything. */
export const waitingUpdates = (world: World, bot: Bot): QueuedUpdate[] => {
  forgetExpired(world, bot.queue)
  return [...bot.queue.updates]
}

/** Forgets one update, wherever in the queue it is. */
export const forgetUpdate = (world: World, bot: Bot, id: number) => {
  bot.queue.updates = bot.queue.updates.filter(({ update_id }) => update_id !== id)
  emit(world, { type: 'queue', bot: bot.id })
}

export const pendingUpdates = (world: World, bot: Bot): number => {
  forgetExpired(world, bot.queue)
  return bot.queue.updates.length
}

export const dropUpdates = (world: World, bot: Bot) => {
  bot.queue.updates = []
  emit(world, { type: 'queue', bot: bot.id })
}

const headOf = (queue: UpdateQueue) => queue.updates[0]?.update_id ?? queue.nextId

// An offset too far ahead or behind is taken for a mistake and means the head, so it confirms nothing.
const startingPoint = (queue: UpdateQueue, offset: number) => {
  const head = headOf(queue)
  const credible = offset > 0 && offset <= queue.nextId + 10 && offset >= head - MAX_QUEUED
  return credible ? offset : head
}

const forgetExpired = (world: World, queue: UpdateQueue) => {
  const now = seconds(world)
  if (queue.updates.some(({ expires }) => expires < now)) {
    queue.updates = queue.updates.filter(({ expires }) => expires >= now)
  }
}

const fitting = (updates: QueuedUpdate[]) => {
  let left = MAX_ANSWER_BYTES
  return updates.filter(({ body }) => {
    left -= 50 + Buffer.byteLength(JSON.stringify(body))
    return left > 0
  })
}

const randomId = (world: World) => 2_000_001 + Math.floor(world.random() * 997_999_999)
