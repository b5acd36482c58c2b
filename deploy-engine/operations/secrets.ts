import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { secretsOf, TOKEN_KEY } from '../records/secret.ts'
import type { Secret } from '../secret.ts'

export type BotSecrets = { token: Secret; variables: Record<string, Secret> }

/** Today's secrets of a bot, decrypted. Fails with `secret_unreadable` or `no_token`. */
export const botSecrets = async (engine: Engine, bot: Bot): Promise<BotSecrets> => {
  const stored = await secretsOf(engine.database.read, bot.id)
  const opened = stored.map(({ key, sealed }) => [key, engine.vault.open(bot.id, key, sealed)] as const)
  const token = opened.find(([key]) => key === TOKEN_KEY)?.[1]
  if (!token) throw new TbsError('no_token', `${bot.name} has no token`)
  const variables = opened.filter(([key]) => key !== TOKEN_KEY && !key.includes(':'))
  return { token, variables: Object.fromEntries(variables) }
}
