import type { Engine } from '../ports.ts'
import { registeredBot } from '../records/bot.ts'
import { secretsOf } from '../records/secret.ts'
import type { Secret } from '../secret.ts'
import { hiddenIn } from './secrets.ts'

/** What of a bot must not be written down anywhere; nothing for an unknown bot, and of what can't be read. */
export const hiddenValues = async ({ database, vault }: Engine, name: string): Promise<Secret[]> => {
  const bot = await registeredBot(database.read, name)
  const stored = bot ? await secretsOf(database.read, bot.id) : []
  return stored.flatMap(({ botId, key, sealed }) => {
    try {
      return hiddenIn(key, vault.open(botId, key, sealed))
    } catch {
      // Under another master key: then it is nowhere in the clear.
      return []
    }
  })
}
