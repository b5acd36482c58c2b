import { isDeepStrictEqual } from 'node:util'
import type { Bot } from '../../world/state.ts'
import { dropUpdates, pendingUpdates } from '../../world/updates.ts'
import { emit, type World } from '../../world/world.ts'
import type { Method } from '../call.ts'
import { badRequest } from '../errors.ts'
import { flag, integer, json, type Params } from '../params.ts'
import { interruptBySetWebhook, poll } from '../polls.ts'

const LONGEST_POLL_SECONDS = 50
const ON_THIS_NETWORK = /^http:\/\/(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/

export const getUpdates: Method = async ({ world, polls, bot, params, gone }) => {
  if (!bot.webhookUrl) allowUpdates(world, bot, params)
  const offset = integer(params, 'offset')
  const limit = integer(params, 'limit', { otherwise: 100, min: 1, max: 100 })
  const timeout = integer(params, 'timeout', { min: 0, max: LONGEST_POLL_SECONDS })
  return { result: await poll(polls, bot, { offset, limit, timeout, gone }) }
}

/** From now on webhooks.ts delivers what waits. A private address may be HTTP, as a local Bot API server takes it. */
export const setWebhook: Method = (call) => {
  const { world, polls, bot, params } = call
  const url = params.values.url ?? ''
  if (!url) return deleteWebhook(call)
  if (!/^https:\/\//.test(url) && !ON_THIS_NETWORK.test(url))
    throw badRequest('bad webhook: An HTTPS URL must be provided for webhook')
  if (!URL.canParse(url)) throw badRequest('invalid webhook URL specified')
  allowUpdates(world, bot, params)
  if (flag(params, 'drop_pending_updates')) dropUpdates(world, bot)
  else if (bot.webhookUrl === url) return { result: true, description: 'Webhook is already set' }
  interruptBySetWebhook(polls, bot.id)
  bot.webhookUrl = url
  if (params.values.secret_token) bot.webhookSecret = params.values.secret_token
  else delete bot.webhookSecret
  emit(world, { type: 'bot', bot: bot.id })
  return { result: true, description: 'Webhook was set' }
}

export const deleteWebhook: Method = ({ world, bot, params }) => {
  const description = bot.webhookUrl ? 'Webhook was deleted' : 'Webhook is already deleted'
  bot.webhookUrl = ''
  delete bot.webhookError
  emit(world, { type: 'bot', bot: bot.id })
  if (flag(params, 'drop_pending_updates')) dropUpdates(world, bot)
  return { result: true, description }
}

export const getWebhookInfo: Method = ({ world, bot }) => ({
  result: {
    url: bot.webhookUrl,
    has_custom_certificate: false,
    pending_update_count: pendingUpdates(world, bot),
    ...(bot.webhookError && {
      last_error_date: bot.webhookError.date,
      last_error_message: bot.webhookError.message,
    }),
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
