import type { Bot } from '../world/state.ts'
import type { World } from '../world/world.ts'
import type { Reply } from './call.ts'
import { type ApiCall, type CallLog, logAnswer, logCall, paramsForLog } from './calls.ts'
import { ApiError } from './errors.ts'
import { Fault } from './faults.ts'
import { type Budgets, spend } from './limits.ts'
import { methods } from './methods.ts'
import type { Params } from './params.ts'
import type { Polls } from './polls.ts'

export type Api = { world: World; polls: Polls; budgets: Budgets; log: CallLog }
export type Request = { bot: Bot; method: string; params: Params; gone: AbortSignal }

/** Carries a call out, if its chat's budget allows. Throws ApiError where Telegram says no. */
export const carryOut = async (api: Api, { bot, method, params, gone }: Request): Promise<Reply> => {
  const { world, polls, budgets } = api
  const run = methods.get(method.toLowerCase())
  if (!run) throw new ApiError(404, 'Not Found: method not found')
  spend(world, budgets, { bot: bot.id, method, chat: params.values.chat_id })
  return run({ world, polls, bot, params, gone })
}

/** Writes a call into the log, and then how `answer` ended. */
export const logged = async <T>({ world, log }: Api, { bot, method, params }: Request, answer: () => Promise<T>) => {
  const entry = logCall(log, { bot: bot.id, method, params: paramsForLog(params), at: world.now() })
  try {
    const given = await answer()
    logAnswer(log, entry, { status: 200 })
    return given
  } catch (error) {
    logAnswer(log, entry, outcome(error))
    throw error
  }
}

const outcome = (error: unknown): Pick<ApiCall, 'status' | 'errorDescription'> => {
  if (error instanceof Fault) return { status: error.rule.hang || error.rule.reset ? 0 : (error.rule.status ?? 500) }
  if (error instanceof ApiError) return { status: error.code, errorDescription: error.message }
  return { status: 500, errorDescription: String(error) }
}
