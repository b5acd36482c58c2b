import type { EntityManager } from 'typeorm'
import { valuesToHide } from '../container/values-to-hide.ts'
import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { FILE_KEY, isVariable, SecretSchema, secretsOf, TOKEN_KEY } from '../records/secret.ts'
import { Secret } from '../secret.ts'

export type BotSecrets = {
  token: Secret
  variables: Record<string, Secret>
  /** Config files by their path, relative to the working directory. */
  files: Record<string, Secret>
}

/** Today's secrets of a bot, decrypted. Fails with `secret_unreadable` or `no_token`. */
export const botSecrets = async (engine: Engine, bot: Bot): Promise<BotSecrets> => {
  const stored = await secretsOf(engine.database.read, bot.id)
  const opened = stored.map(({ key, sealed }) => [key, engine.vault.open(bot.id, key, sealed)] as const)
  const token = opened.find(([key]) => key === TOKEN_KEY)?.[1]
  if (!token) throw new TbsError('no_token', `${bot.name} has no token`)
  const files = opened.flatMap(([key, value]) =>
    key.startsWith(FILE_KEY) ? [[key.slice(FILE_KEY.length), value] as const] : [],
  )
  return {
    token,
    variables: Object.fromEntries(opened.filter(([key]) => isVariable(key))),
    files: Object.fromEntries(files),
  }
}

/** What must not appear in anything that is shown or written down. */
export const hiddenOf = ({ token, variables, files }: BotSecrets): Secret[] => [
  token,
  ...Object.values(variables),
  ...Object.values(files).flatMap(hiddenInFile),
]

/** The same, of one stored value by its key. */
export const hiddenIn = (key: string, value: Secret): Secret[] =>
  key.startsWith(FILE_KEY) ? hiddenInFile(value) : [value]

const hiddenInFile = (file: Secret): Secret[] => valuesToHide(file.reveal()).map((value) => new Secret(value))

export type NewSecret = { bot: Pick<Bot, 'id'>; key: string; value: Secret }

/** Encrypts a value and puts it in the place of an earlier one. */
export const storeSecret = async (
  { vault, clock }: Engine,
  entities: EntityManager,
  { bot, key, value }: NewSecret,
): Promise<void> => {
  const sealed = vault.seal(bot.id, key, value)
  await entities.save(SecretSchema, { botId: bot.id, key, keyId: vault.keyId, sealed, updatedAt: clock.now() })
}
