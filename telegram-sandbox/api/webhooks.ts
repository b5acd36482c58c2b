import type { Bot, QueuedUpdate } from '../world/state.ts'
import { forgetUpdate, waitingUpdates } from '../world/updates.ts'
import { botById, seconds, type World } from '../world/world.ts'
import type { Clock } from './clock.ts'
import type { Params } from './params.ts'

const ANSWER_WITHIN_MS = 60_000
const LONGEST_PAUSE_MS = 60_000
const LONGEST_ASKED_PAUSE_SECONDS = 3_600

/** `carryOut` runs the method that a webhook has answered with. */
export type Webhooks = { world: World; clock: Clock; closing: AbortSignal; carryOut: CarryOut }
type CarryOut = (bot: Bot, method: string, params: Params) => void
type Outcome = { error?: string; retryAfter?: number }

/**
 * Delivers what waits to webhooks until `closing`: the updates of a chat one after the other, chats beside each other.
 * A failure is repeated at once, then after 2, 4, 8 s and so on (WebhookActor of the open-source server).
 */
export const deliverWebhooks = (webhooks: Webhooks): void => {
  const { world, closing } = webhooks
  const busy = new Set<string>()
  const work = async (bot: Bot, lane: string) => {
    if (busy.has(lane)) return
    busy.add(lane)
    for (let failures = 0; bot.webhookUrl && !closing.aborted; ) {
      const update = waitingUpdates(world, bot).find((waiting) => laneOf(bot, waiting) === lane)
      if (!update) break
      const { error, retryAfter } = await deliver(webhooks, bot, update)
      failures = error === undefined ? 0 : failures + 1
      if (failures > 0) await pause(webhooks, { failures, retryAfter })
    }
    busy.delete(lane)
  }
  world.listeners.add((event) => {
    if (event.type !== 'update' && event.type !== 'bot') return
    const bot = botById(world, event.bot)
    if (bot?.webhookUrl) for (const update of waitingUpdates(world, bot)) void work(bot, laneOf(bot, update))
  })
}

/** Updates of one chat are in one lane, and those without a chat in that of their person. */
const laneOf = (bot: Bot, { type, body }: QueuedUpdate): string => {
  const { chat, message, from } = Object(body)
  return `${bot.id} ${chat?.id ?? message?.chat?.id ?? from?.id ?? type}`
}

const pause = ({ clock }: Webhooks, { failures, retryAfter }: { failures: number; retryAfter: number | undefined }) => {
  const grown = failures > 1 ? Math.min(1_000 * 2 ** (failures - 1), LONGEST_PAUSE_MS) : 0
  const ms = retryAfter ? Math.min(retryAfter, LONGEST_ASKED_PAUSE_SECONDS) * 1_000 : grown
  return ms > 0 ? new Promise<void>((resolve) => clock.after(ms, resolve)) : undefined
}

const deliver = async (webhooks: Webhooks, bot: Bot, update: QueuedUpdate): Promise<Outcome> => {
  const { world } = webhooks
  const outcome = await post(webhooks, bot, update)
  if (outcome.error) bot.webhookError = { date: seconds(world), message: outcome.error }
  else forgetUpdate(world, bot, update.update_id)
  return outcome
}

const post = async (webhooks: Webhooks, bot: Bot, { update_id, type, body }: QueuedUpdate): Promise<Outcome> => {
  const { webhookUrl, webhookSecret } = bot
  const late = new AbortController()
  const stop = webhooks.clock.after(ANSWER_WITHIN_MS, () => late.abort())
  try {
    const response = await fetch(webhookUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(webhookSecret && { 'x-telegram-bot-api-secret-token': webhookSecret }),
      },
      body: JSON.stringify({ update_id, [type]: body }),
      signal: AbortSignal.any([webhooks.closing, late.signal]),
    })
    const answer = await response.text()
    if (response.ok) replyInWebhook(webhooks, bot, answer)
    return response.ok ? {} : refusal(response)
  } catch {
    return { error: late.signal.aborted ? 'Read timeout expired' : 'Connection refused' }
  } finally {
    stop()
  }
}

const refusal = ({ status, statusText, headers }: Response): Outcome => {
  const retryAfter = Number(headers.get('retry-after'))
  const error = `Wrong response from the webhook: ${status} ${statusText}`
  return retryAfter > 0 ? { error, retryAfter } : { error }
}

// A webhook may answer with a call. How that ends is told to nobody.
const replyInWebhook = ({ carryOut }: Webhooks, bot: Bot, answer: string) => {
  const { method, ...values } = objectIn(answer)
  if (typeof method !== 'string' || /^(setWebhook|deleteWebhook|close|logOut|get.*)$/i.test(method)) return
  const texts = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  carryOut(bot, method, { values: Object.fromEntries(texts), uploads: {} })
}

const objectIn = (text: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
