import { lookup } from 'node:dns/promises'
import { z } from 'zod'
import { messageOf, TbsError } from '../error.ts'
import type { TelegramPort } from '../ports.ts'
import { redact, type Secret } from '../secret.ts'
import { askJson } from './ask-json.ts'
import { limited } from './limited.ts'

const TIMEOUT_MS = 10_000

const Answer = z.object({
  ok: z.boolean(),
  error_code: z.number().optional(),
  description: z.string().optional(),
  result: z.unknown().optional(),
})
const Me = z.object({ id: z.number(), username: z.string(), first_name: z.string() })
const Webhook = z.object({
  url: z.string(),
  pending_update_count: z.number(),
  last_error_date: z.number().optional(),
  last_error_message: z.string().optional(),
})

type Limit = { signal?: AbortSignal | undefined; limitMs?: number | undefined }

/** Questions to the Bot API. Fails with `token_refused` or `telegram_unreachable`. */
export const botApi = (root: string): TelegramPort => {
  const askRoot = askJson(root)
  const ask = async <T>(schema: z.ZodType<T>, method: string, token: Secret, limit: Limit = {}): Promise<T> => {
    const { signal, limitMs = TIMEOUT_MS } = limit
    try {
      const { status, body } = await limited(limitMs, signal, (own) => askRoot(`/bot${token.reveal()}/${method}`, own))
      const answer = Answer.parse(body)
      if (answer.ok) return schema.parse(answer.result)
      if (status === 401 || status === 404) throw refused(answer.description)
      throw new Error(`${status} ${answer.description ?? ''}`)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof TbsError) throw error
      throw unreachable(root, error)
    }
  }

  const { hostname } = new URL(root)
  return {
    addresses: async () =>
      (await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true })).map(({ address }) => address),
    time: async (signal) => {
      const answer = await limited(TIMEOUT_MS, signal, (own) => fetch(root, { redirect: 'manual', signal: own })).catch(
        (error) => {
          signal.throwIfAborted()
          throw unreachable(root, error)
        },
      )
      await answer.body?.cancel()
      const at = Date.parse(answer.headers.get('date') ?? '')
      return Number.isNaN(at) ? undefined : at
    },
    removeWebhook: async (token, signal) => {
      await ask(z.literal(true), 'deleteWebhook', token, { signal })
    },
    getMe: async (token, signal) => {
      const { id, username, first_name: name } = await ask(Me, 'getMe', token, { signal })
      return { id, username, name }
    },
    webhookInfo: async (token, signal, limitMs) => {
      const info = await ask(Webhook, 'getWebhookInfo', token, { signal, limitMs })
      return {
        url: info.url,
        pending: info.pending_update_count,
        ...(info.last_error_date !== undefined && { lastErrorAt: info.last_error_date * 1000 }),
        ...(info.last_error_message !== undefined && { lastError: info.last_error_message }),
      }
    },
  }
}

const refused = (description = 'Unauthorized') =>
  new TbsError('token_refused', `Telegram refuses this bot’s token: ${description}`, {
    hint: 'Ask @BotFather for the current token of that bot',
  })

const unreachable = (root: string, error: unknown) => {
  const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
  return new TbsError(
    'telegram_unreachable',
    `The Bot API at ${new URL(root).host} can’t be reached: ${redact(cause)}`,
    {
      hint: 'Try again when the connection is back',
    },
  )
}
