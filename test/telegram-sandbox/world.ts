import { onTestFinished } from 'vitest'
import { openSandbox, type Sandbox, type SandboxBot, type SandboxOptions } from '../../telegram-sandbox/index.ts'

export type Answer<T = unknown> = {
  ok: boolean
  result: T
  error_code?: number
  description?: string
  parameters?: Record<string, number>
}
export type Update = {
  update_id: number
  message?: { message_id: number; text?: string; chat: { id: number } }
  callback_query?: { id: string; data: string }
}

/** A sandbox with one bot and one person, Olga (1001), gone when the test ends. */
export const openWorld = async (options: SandboxOptions = {}) => {
  const sandbox = await openSandbox(options)
  onTestFinished(() => sandbox.close())
  const olga = sandbox.addPerson({ name: 'Olga', username: 'olga' })
  const bot = sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  return { sandbox, olga, bot, ...botCalls(sandbox, bot) }
}

export const botCalls = (sandbox: Sandbox, bot: SandboxBot) => {
  const call = <T = unknown>(method: string, params: object = {}, signal?: AbortSignal) =>
    callApi<T>(sandbox, { token: bot.token, method, params, ...(signal ? { signal } : {}) })
  return {
    call,
    getUpdates: async (params: object = {}) => (await call<Update[]>('getUpdates', params)).result,
    send: async (chat_id: number, text: string, more: object = {}) =>
      (await call<{ message_id: number }>('sendMessage', { chat_id, text, ...more })).result.message_id,
  }
}

export type ApiRequest = { token: string; method: string; params?: object; signal?: AbortSignal }

export const callApi = async <T>(sandbox: Sandbox, { token, method, params = {}, signal }: ApiRequest) => {
  const response = await fetch(`${sandbox.apiRoot}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
    ...(signal ? { signal } : {}),
  })
  return (await response.json()) as Answer<T>
}

/** A clock that stands still until it is moved, in milliseconds. */
export const stoppedClock = (at = Date.UTC(2026, 10, 23, 12)) => {
  let now = at
  return {
    now: () => now,
    pass: (ms: number) => {
      now += ms
    },
  }
}
