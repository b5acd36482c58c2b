import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Bot } from '../world/state.ts'
import { botByToken, type World } from '../world/world.ts'
import type { Reply } from './call.ts'
import { type Api, carryOut, logged, type Request } from './carry-out.ts'
import type { Clock } from './clock.ts'
import { ApiError } from './errors.ts'
import { dripping, Fault, type FaultRule, type Faults, faultResponse, losesAnswer, meetFault } from './faults.ts'
import { fileOf } from './methods/files.ts'
import { readParams } from './params.ts'

export type Served = Api & { faults: Faults; clock: Clock }
type Env = { Bindings: HttpBindings }

/** The Bot API: /bot<token>/<method> and /file/bot<token>/<path>. */
export const botApi = (api: Served): Hono<Env> => {
  const app = new Hono<Env>()
  app.all('*', (c) => serve(api, c).catch((error: unknown) => failed(c, error)))
  return app
}

const serve = async (api: Served, c: Context<Env>): Promise<Response> => {
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

const callMethod = async (api: Served, c: Context<Env>, { bot, path }: { bot: Bot; path: string }) => {
  const params = await readParams(c)
  const method = (path || params.values.method) ?? ''
  const request = { bot, method, params, gone: c.req.raw.signal }
  const fault = meetFault(api.faults, { method, bot: bot.id })
  const respond = await logged(api, request, () => answerUnder(fault, api, request)).then(
    (reply) => () => c.json(body(reply)),
    (error: unknown) => () => failed(c, error),
  )
  if (fault?.delay) await pause(api.clock, fault.delay)
  const response = await respond()
  return fault?.drip ? dripping(response, api.clock, fault.drip) : response
}

const answerUnder = async (fault: FaultRule | undefined, api: Api, request: Request): Promise<Reply> => {
  if (!fault || !losesAnswer(fault)) return carryOut(api, request)
  // Whether the call succeeded is what its client can't know.
  if (fault.after) await carryOut(api, request).catch(() => {})
  throw new Fault(fault)
}

const body = ({ result, description }: Reply) => ({ ok: true, result, ...(description ? { description } : {}) })

const download = ({ world, faults }: Served, bot: Bot, path: string): Response => {
  const fault = meetFault(faults, { method: 'file', bot: bot.id })
  if (fault) throw new Fault(fault)
  const file = fileOf(world, bot, path.split('/')[1] ?? '')
  if (!file) throw new ApiError(404, 'Not Found')
  const content = Buffer.from(file.content, 'base64')
  return new Response(content, { headers: { 'content-type': 'application/octet-stream' } })
}

const failed = (c: Context<Env>, error: unknown): Response | Promise<Response> => {
  if (error instanceof Fault) return suffer(c, error)
  if (!(error instanceof ApiError)) console.error('telegram-sandbox:', error)
  const { code, message, parameters } = error instanceof ApiError ? error : new ApiError(500, 'Internal Server Error')
  const { retry_after } = parameters
  const headers: Record<string, string> = retry_after ? { 'retry-after': String(retry_after) } : {}
  const explained = Object.keys(parameters).length > 0 ? { parameters } : {}
  return Response.json({ ok: false, error_code: code, description: message, ...explained }, { status: code, headers })
}

const suffer = (c: Context<Env>, { rule }: Fault): Response | Promise<Response> => {
  if (rule.hang) return new Promise<Response>(() => {})
  if (rule.reset) c.env.incoming.socket.resetAndDestroy()
  return faultResponse(rule)
}

const pause = ({ after }: Clock, ms: number) => new Promise<void>((resolve) => after(ms, resolve))
