import type { Bot } from '../world/state.ts'
import { takeUpdates, type Update } from '../world/updates.ts'
import { botById, seconds, type World } from '../world/world.ts'
import type { After } from './polls.ts'

const ANSWER_WITHIN_MS = 60_000
const LONGEST_PAUSE_MS = 60_000

/**
 * Delivers what waits to webhooks, one update of a bot after the other, until `closing`. A failure is repeated at once,
 * then after 2, 4, 8 s and so on (WebhookActor of the open-source server). Left out: answers that carry a method.
 */
export const deliverWebhooks = (world: World, after: After, closing: AbortSignal): void => {
  const busy = new Set<number>()
  const work = async (bot: Bot) => {
    if (busy.has(bot.id)) return
    busy.add(bot.id)
    for (let failures = 0; bot.webhookUrl && !closing.aborted; ) {
      const [update] = takeUpdates(world, bot, { offset: 0, limit: 1 })
      if (!update) break
      failures = (await deliver(world, bot, { update, closing })) ? 0 : failures + 1
      if (failures > 1) await new Promise<void>((resolve) => after(pause(failures), resolve))
    }
    busy.delete(bot.id)
  }
  world.listeners.add((event) => {
    if (event.type !== 'update' && event.type !== 'bot') return
    const bot = botById(world, event.bot)
    if (bot?.webhookUrl) void work(bot)
  })
}

const pause = (failures: number) => Math.min(1_000 * 2 ** (failures - 1), LONGEST_PAUSE_MS)

const deliver = async (
  world: World,
  bot: Bot,
  { update, closing }: { update: Update; closing: AbortSignal },
): Promise<boolean> => {
  const error = await post(bot, update, closing)
  if (error) bot.webhookError = { date: seconds(world), message: error }
  else takeUpdates(world, bot, { offset: update.update_id + 1, limit: 1 })
  return !error
}

const post = async ({ webhookUrl, webhookSecret }: Bot, update: Update, closing: AbortSignal): Promise<string> => {
  const limit = AbortSignal.timeout(ANSWER_WITHIN_MS)
  try {
    const response = await fetch(webhookUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(webhookSecret && { 'x-telegram-bot-api-secret-token': webhookSecret }),
      },
      body: JSON.stringify(update),
      signal: AbortSignal.any([closing, limit]),
    })
    await response.arrayBuffer()
    return response.ok ? '' : `Wrong response from the webhook: ${response.status} ${response.statusText}`
  } catch {
    return limit.aborted ? 'Read timeout expired' : 'Connection refused'
  }
}
