import { Telegraf, type Telegram, TelegramError } from 'telegraf'
import type { Telegram as Methods, Opts } from 'telegraf/types'
import type { Config } from '../config.ts'
import { requireToken } from '../config.ts'

/** The manager's own bot, as the Bot API knows it. */
export type BotApi = {
  /** What a person sent, at most so many bytes of it. Fails also when it is larger. */
  download(fileId: string, limit: { mostBytes: number; signal: AbortSignal }): Promise<Buffer>
  /** Gives up after `timeoutMs` (ANSWER_MS), which telegraf alone would do after 500 s, or when the signal aborts. */
  call<M extends keyof Methods>(method: M, payload: Opts<M>, limit?: Limit): Promise<ReturnType<Methods[M]>>
}

/** How long a call may take, as a rule. */
export const ANSWER_MS = 30_000

type Limit = { timeoutMs?: number; signal?: AbortSignal }

/** Telegraf routes updates; polling and timeouts are ours. */
export const createTelegraf = (config: Config): Telegraf =>
  new Telegraf(requireToken(config).reveal(), {
    // Without its closing slash a root with a path would lose the path's last part.
    telegram: { apiRoot: `${config.apiRoot}/` },
    handlerTimeout: Number.POSITIVE_INFINITY,
  })

export const createBotApi = (telegram: Telegram): BotApi => {
  const api: BotApi = {
    call: async (method, payload, { timeoutMs = ANSWER_MS, signal } = {}) => {
      const controller = new AbortController()
      const stop = () => controller.abort()
      const timer = setTimeout(stop, timeoutMs)
      if (signal?.aborted) stop()
      signal?.addEventListener('abort', stop, { once: true })
      try {
        // Telegraf types its own shim of AbortSignal; node-fetch beneath takes the real one.
        return await telegram.callApi(method, payload, { signal: controller.signal as never })
      } catch (error) {
        if (controller.signal.aborted && !signal?.aborted) throw new NoAnswer(method, timeoutMs, error)
        throw error
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
      }
    },
    download: async (fileId, { mostBytes, signal }) => {
      const { file_path: path } = await api.call('getFile', { file_id: fileId }, { signal })
      if (path === undefined) throw new Error('Telegram names no path for the file')
      const url = new URL(`file/bot${telegram.token}/${path}`, telegram.options.apiRoot)
      return fetchWhole(url, { mostBytes, signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]) })
    },
  }
  return api
}

const DOWNLOAD_MS = 30_000

// Its address has the token in it, so that no error may name it.
const fetchWhole = async (
  url: URL,
  { mostBytes, signal }: { mostBytes: number; signal: AbortSignal },
): Promise<Buffer> => {
  const response = await fetch(url, { signal }).catch(() => undefined)
  if (!response?.ok || !response.body)
    throw new Error(`Telegram did not give the file: ${response?.status ?? 'no answer'}`)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body) {
    bytes += part.length
    if (bytes > mostBytes) throw new Error('the file is larger than Telegram said')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer'

  constructor(method: string, timeoutMs: number, cause: unknown) {
    super(`Telegram gave no answer to ${method} within ${timeoutMs / 1000} s`, { cause })
  }
}

/** The Bot API's error code; undefined when it was not reached or did not answer in its own words. */
export const errorCode = (error: unknown): number | undefined =>
  error instanceof TelegramError ? error.code : undefined

/** How long Telegram wants to be left alone; undefined if it did not say so. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof TelegramError && error.code === 429 ? (error.parameters?.retry_after ?? 1) * 1000 : undefined

/** The id that a group has since it became a supergroup. */
export const movedTo = (error: unknown): number | undefined =>
  error instanceof TelegramError ? error.parameters?.migrate_to_chat_id : undefined

/** Worth another try: Telegram is unreachable, ill, or wants us to wait. */
export const isPassing = (error: unknown): boolean => {
  const code = errorCode(error)
  if (code !== undefined) return code >= 500 || code === 429
  return error instanceof Error && UNREACHABLE.has(error.name)
}

/** Telegram or the way to it is the reason, not a fault of our own. */
export const isTelegrams = (error: unknown): boolean => errorCode(error) !== undefined || isPassing(error)

// FetchError is node-fetch's, for everything from a failed name look-up to an answer that is no JSON.
const UNREACHABLE = new Set(['FetchError', 'NoAnswer', 'AbortError'])

export const says = (error: unknown, text: string): boolean =>
  error instanceof TelegramError && error.description.toLowerCase().includes(text)
