import type { EntityManager } from 'typeorm'
import { valuesToHide } from '../container/values-to-hide.ts'
import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import {
  FILE_KEY,
  GIT_KEY,
  GIT_TOKEN,
  isVariable,
  SecretSchema,
  type StoredSecret,
  secretsOf,
  TOKEN_KEY,
  WAS,
} from '../records/secret.ts'
import { Secret } from '../secret.ts'

export type BotSecrets = {
  token: Secret
  variables: Record<string, Secret>
  /** Config files by their path, relative to the working directory. */
  files: Record<string, Secret>
  /** What it had before: containers that were started with it may still print it, and logs have it. */
  former: Secret[]
}

/** Today's secrets of a bot, decrypted. Fails with `secret_unreadable` or `no_token`. */
export const botSecrets = async (engine: Engine, bot: Bot): Promise<BotSecrets> => {
  const stored = await secretsOf(engine.database.read, bot.id)
  const opened = stored.map(({ key, sealed }) => [key, engine.vault.open(bot.id, key, sealed)] as const)
  const token = opened.find(([key]) => key === TOKEN_KEY)?.[1]
  if (!token) throw noToken(bot)
  const files = opened.flatMap(([key, value]) =>
    key.startsWith(FILE_KEY) ? [[key.slice(FILE_KEY.length), value] as const] : [],
  )
  return {
    token,
    variables: Object.fromEntries(opened.filter(([key]) => isVariable(key))),
    files: Object.fromEntries(files),
    former: opened.flatMap(([key, value]) => (key.startsWith(WAS) ? hiddenIn(key, value) : [])),
  }
}

export const noToken = ({ name }: Pick<Bot, 'name'>): TbsError => new TbsError('no_token', `${name} has no token`)

/** What must not appear in anything that is shown or written down. */
export const hiddenOf = ({ token, variables, files, former }: BotSecrets): Secret[] => [
  token,
  ...Object.values(variables),
  ...Object.values(files).flatMap(hiddenInFile),
  ...former,
]

/** The same, of one stored value by its key. */
export const hiddenIn = (key: string, value: Secret): Secret[] =>
  formerKey(key).startsWith(FILE_KEY) ? hiddenInFile(value) : [value]

const formerKey = (key: string): string => key.replace(/^was:\d+:/, '')

const hiddenInFile = (file: Secret): Secret[] => valuesToHide(file.reveal()).map((value) => new Secret(value))

export type NewSecret = { bot: Pick<Bot, 'id'>; key: string; value: Secret }

/** Encrypts a value and puts it in the place of an earlier one. */
export const storeSecret = async (
  engine: Engine,
  entities: EntityManager,
  { bot, key, value }: NewSecret,
): Promise<void> => {
  const { vault, clock } = engine
  await removeSecret(engine, entities, { bot, key }, value)
  const sealed = vault.seal(bot.id, key, value)
  await entities.save(SecretSchema, { botId: bot.id, key, keyId: vault.keyId, sealed, updatedAt: clock.now() })
}

const MOST_FORMER = 50

/**
 * Takes a value away, if there is one. It stays known, encrypted, as something to hide: what was started with it may
 * print it for a while yet.
 */
export const removeSecret = async (
  { vault, clock }: Engine,
  entities: EntityManager,
  { bot, key }: Omit<NewSecret, 'value'>,
  next?: Secret,
): Promise<boolean> => {
  const found = await entities.findOneBy(SecretSchema, { botId: bot.id, key })
  if (!found) return false
  await entities.delete(SecretSchema, { botId: bot.id, key })
  const value = readable(vault, found)
  // No container has ever had access to the repository.
  if (!value || value.reveal() === next?.reveal() || key === GIT_KEY || key === GIT_TOKEN) return true
  const former = { botId: bot.id, key: `${WAS}${clock.now()}:${key}`, updatedAt: clock.now() }
  await entities.save(SecretSchema, { ...former, keyId: vault.keyId, sealed: vault.seal(bot.id, former.key, value) })
  await forgetOldest(entities, bot)
  return true
}

const forgetOldest = async (entities: EntityManager, { id }: Pick<Bot, 'id'>): Promise<void> => {
  const former = (await secretsOf(entities, id)).filter(({ key }) => key.startsWith(WAS))
  const newestFirst = former.sort((a, b) => b.updatedAt - a.updatedAt)
  for (const { key } of newestFirst.slice(MOST_FORMER)) await entities.delete(SecretSchema, { botId: id, key })
}

const readable = (vault: Engine['vault'], { botId, key, sealed }: StoredSecret): Secret | undefined => {
  try {
    return vault.open(botId, key, sealed)
  } catch {
    // Of another master key: whoever replaces it may do so.
    return undefined
  }
}
