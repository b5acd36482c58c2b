import { TbsError } from '../error.ts'
import { BotToken } from '../names.ts'
import type { Engine } from '../ports.ts'
import { type Bot, BotSchema, REGISTERED } from '../records/bot.ts'
import { Secret } from '../secret.ts'
import { checkValue } from './check-value.ts'

/** `webhookHost`: where Telegram sends its updates to; while it is set nobody can ask for them. */
export type CheckedToken = { token: Secret; id: number; username: string; webhookHost?: string }

/**
 * Whose token it is, and whether a bot may have it. Fails with `bad_value`, `token_refused`, `token_taken` or
 * `telegram_unreachable`.
 */
export const checkToken = async (engine: Engine, given: Secret): Promise<CheckedToken> => {
  const checked = await whoseToken(engine, given)
  const user = await engine.database.read.findOneBy(BotSchema, { telegramId: checked.id, ...REGISTERED })
  if (user) throw tokenTaken(user)
  const { url } = await engine.telegram.webhookInfo(checked.token)
  return { ...checked, ...(URL.canParse(url) && { webhookHost: new URL(url).host }) }
}

/** Fails with `bad_value`, `token_refused` or `telegram_unreachable`, and with `token_taken` for the manager's own. */
export const whoseToken = async ({ telegram, settings }: Engine, given: Secret): Promise<CheckedToken> => {
  const token = new Secret(checkValue(BotToken, given.reveal()))
  const { id, username } = await telegram.getMe(token)
  if (id === settings.ownAccount) throw ownToken(username)
  return { token, id, username }
}

const SHARED = 'Two programs with one token take each other’s updates: use another bot of @BotFather'

export const tokenTaken = (bot: Bot): TbsError =>
  new TbsError('token_taken', `This token belongs to @${bot.username}, which is registered as ${bot.name} already`, {
    hint: SHARED,
  })

const ownToken = (username: string): TbsError =>
  new TbsError('token_taken', `This is the token of @${username}, the manager itself`, { hint: SHARED })
