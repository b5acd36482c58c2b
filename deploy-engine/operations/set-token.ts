import type { Engine } from '../ports.ts'
import { type Bot, BotSchema, botByName, REGISTERED } from '../records/bot.ts'
import { TOKEN_KEY } from '../records/secret.ts'
import type { Secret } from '../secret.ts'
import { tokenTaken, whoseToken } from './check-token.ts'
import { refuseRunning } from './refuse-running.ts'
import { storeSecret } from './secrets.ts'

/** `was`: the account that it had before. */
export type ChangedToken = { bot: Bot; was: string }

/**
 * Gives a bot another token, from its next start on; it may be another account's. Nothing is changed on failure:
 * `unknown_bot`, `bad_value`, `token_refused`, `token_taken`, `telegram_unreachable` or `bot_busy`.
 */
export const setToken = async (
  engine: Engine,
  { bot: name, token: given }: { bot: string; token: Secret },
): Promise<ChangedToken> => {
  await botByName(engine.database.read, name)
  const { token, id, username } = await whoseToken(engine, given)
  return engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    await refuseRunning(entities, bot)
    const user = await entities.findOneBy(BotSchema, { telegramId: id, ...REGISTERED })
    if (user && user.id !== bot.id) throw tokenTaken(user)
    await entities.update(BotSchema, { id: bot.id }, { telegramId: id, username })
    await storeSecret(engine, entities, { bot, key: TOKEN_KEY, value: token })
    return { bot: { ...bot, telegramId: id, username }, was: bot.username }
  })
}
