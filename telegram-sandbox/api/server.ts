import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Bot } from '../world/state.ts'
import { botByToken, type World } from '../world/world.ts'
import type { Reply } from './call.ts'
import { type ApiCall, type CallLog, logAnswer, logCall, paramsForLog } from './calls.ts'
import { ApiError } from './errors.ts'
import { Fault, type Faults, faultResponse, meetFaults } from './faults.ts'
import { fileOf } from './methods/files.ts'
import { methods } from './methods.ts'
import { readParams } from './params.ts'
import type { Polls } from './polls.ts'

export type Api = { world: World; polls: Polls; faults: Faults; log: CallLog }
type Env = { Bindings: HttpBindings }

/** The Bot API: /bot<token>/<method> and /file/bot<token>/<path>. */
export const botApi = (api: Api): Hono<Env> => {
  const app = new Hono<Env>()
  app.all('*', (c) => serve(api, c).catch((error: unknown) => failed(c, error)))
  return app
}

const serve = async (api: Api, c: Context<Env>): Promise<Response> => {
  const { pathname } = new URL(c.req.url)
  const [, kind, token, path = ''] = /^\/(file\/bot|bot)([^/]*)(?:\/test)?(?:\/(.*))?$/.exec(pathname) ?? []
  if (token === undefined) throw new ApiError(404, 'Not Found')
  const bot = authorised(api.world, decodeURIComponent(token))
  return kind === 'bot' ? callMethod(api, c, { bot, path }) : download(api, bot, path)
}

const authorised = (world: World, token: string): Bot => {
  if (!/^[1-9]\d*:/.test(token) || token.length > 80) {
    throw new ApiError(401, 'Unauthorized: invalid token specified')
  }
  const bot = botByToken(world, token)
  if (!bot) throw new ApiError(401, 'Unauthorized')
  return bot
}

const callMethod = async (api: Api, c: Context<Env>, { bot, path }: { bot: Bot; path: string }): Promise<Response> => {
  const params = await readParams(c)
  const method = (path || params.values.method) ?? ''
  const entry = logCall(api.log, { bot: bot.id, method, params: paramsForLog(params), at: api.world.now() })
  try {
    meetFaults(api.faults, method)
    const run = methods.get(method.toLowerCase())
    if (!run) throw new ApiError(404, 'Not Found: method not found')
    const reply = await run({ world: api.world, polls: api.polls, bot, params, gone: c.req.raw.signal })
    logAnswer(api.log, entry, { status: 200 })
    return c.json({ ok: true, ...ordered(reply) })
  } catch (error) {
    logAnswer(api.log, entry, outcome(error))
    throw error
  }
}

const ordered = ({ result, description }: Reply) => (description ? { result, description } : { result })

const outcome = (error: unknown): Pick<ApiCall, 'status' | 'errorDescription'> => {
  if (error instanceof Fault) return { status: error.rule.hang || error.rule.reset ? 0 : (error.rule.status ?? 500) }
  if (error instanceof ApiError) return { status: error.code, errorDescription: error.message }
  return { status: 500, errorDescription: String(error) }
}

const download = ({ world, faults }: Api, bot: Bot, path: string): Response => {
  meetFaults(faults, 'file')
  const file = fileOf(world, bot, path.split('/')[1] ?? '')
  if (!file) throw new ApiError(404, 'Not Found')
  const body = Buffer.from(file.content, 'base64')
  return new Response(body, { headers: { 'content-type': 'application/octet-stream' } })
}

const failed = (c: Context<Env>, error: unknown): Response | Promise<Response> => {
  if (error instanceof Fault) return suffer(c, error)
  if (!(error instanceof ApiError)) console.error('telegram-sandbox:', error)
  const { code, message } = error instanceof ApiError ? error : new ApiError(500, 'Internal Server Error')
  return Response.json({ ok: false, error_code: code, description: message }, { status: code })
}

const suffer = (c: Context<Env>, { rule }: Fault): Response | Promise<Response> => {
  if (rule.hang) return new Promise<Response>(() => {})
  if (rule.reset) c.env.incoming.socket.resetAndDestroy()
  return faultResponse(rule)
}
