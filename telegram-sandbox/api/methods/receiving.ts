import { isDeepStrictEqual } from 'node:util'
import type { Bot } from '../../world/state.ts'
import { dropUpdates, pendingUpdates } from '../../world/updates.ts'
import { emit, type World } from '../../world/world.ts'
import type { Method } from '../call.ts'
import { badRequest } from '../errors.ts'
import { flag, integer, json, type Params } from '../params.ts'
import { interruptBySetWebhook, poll } from '../polls.ts'

const LONGEST_POLL_SECONDS = 50

export const getUpdates: Method = async ({ world, polls, bot, params, gone }) => {
  if (!bot.webhookUrl) allowUpdates(world, bot, params)
  const offset = integer(params, 'offset')
  const limit = integer(params, 'limit', { otherwise: 100, min: 1, max: 100 })
  const timeout = integer(params, 'timeout', { min: 0, max: LONGEST_POLL_SECONDS })
  return { result: await poll(polls, bot, { offset, limit, timeout, gone }) }
}

/** The address is kept and shown, and ends polling; updates wait in the queue. */
export const setWebhook: Method = (call) => {
  const { world, polls, bot, params } = call
  const url = params.values.url ?? ''
  if (!url) return deleteWebhook(call)
  if (!/^https:\/\//.test(url)) throw badRequest('bad webhook: An HTTPS URL must be provided for webhook')
  if (!URL.canParse(url)) throw badRequest('invalid webhook URL specified')
  allowUpdates(world, bot, params)
  if (flag(params, 'drop_pending_updates')) dropUpdates(world, bot)
  else if (bot.webhookUrl === url) return { result: true, description: 'Webhook is already set' }
  interruptBySetWebhook(polls, bot.id)
  bot.webhookUrl = url
  emit(world, { type: 'bot', bot: bot.id })
  return { result: true, description: 'Webhook was set' }
}

export const deleteWebhook: Method = ({ world, bot, params }) => {
  const description = bot.webhookUrl ? 'Webhook was deleted' : 'Webhook is already deleted'
  bot.webhookUrl = ''
  emit(world, { type: 'bot', bot: bot.id })
  if (flag(params, 'drop_pending_updates')) dropUpdates(world, bot)
  return { result: true, description }
}

export const getWebhookInfo: Method = ({ world, bot }) => ({
  result: {
    url: bot.webhookUrl,
    has_custom_certificate: false,
    pending_update_count: pendingUpdates(world, bot),
    ...(bot.allowedUpdates?.length ? { allowed_updates: bot.allowedUpdates } : {}),
  },
})

// Left out: as it was. An empty list: the default. What is queued already is not filtered again.
const allowUpdates = (world: World, bot: Bot, params: Params) => {
  const list = json(params, 'allowed_updates', 'allowed updates')
  // Most clients repeat their list with every poll.
  if (!Array.isArray(list) || isDeepStrictEqual(list, bot.allowedUpdates)) return
  bot.allowedUpdates = list.filter((type) => typeof type === 'string')
  emit(world, { type: 'bot', bot: bot.id })
}
