import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { type StoredSecret, storedTokens } from '../records/secret.ts'
import { remembered } from '../remembered.ts'
import type { Secret } from '../secret.ts'
import { noToken } from './secrets.ts'

/**
 * Gives today's token of a bot, for what asks for many of them all day: they are read together, and decrypted when they
 * change. Fails with `secret_unreadable` or `no_token`.
 */
export const rememberedTokens = (engine: Engine): ((bot: Bot) => Promise<Secret>) => {
  const opened = new Map<number, { sealed: Buffer; token: Secret }>()
  const stored = remembered(engine, async () => {
    const rows = new Map((await storedTokens(engine.database.read)).map((row) => [row.botId, row]))
    for (const id of opened.keys()) if (!rows.has(id)) opened.delete(id)
    return rows
  })
  const open = ({ botId, key, sealed }: StoredSecret): Secret => {
    const known = opened.get(botId)
    if (known?.sealed.equals(sealed)) return known.token
    const token = engine.vault.open(botId, key, sealed)
    opened.set(botId, { sealed, token })
    return token
  }
  return async (bot) => {
    const row = (await stored()).get(bot.id)
    if (!row) throw noToken(bot)
    return open(row)
  }
}
