import type { EntityManager } from 'typeorm'
import { TbsError } from '../error.ts'
import { EnvKey } from '../names.ts'
import type { Engine } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { activeRelease } from '../records/release.ts'
import { FILE_KEY, isVariable, secretsOf, TOKEN_KEY } from '../records/secret.ts'
import type { Secret } from '../secret.ts'
import { checkValue } from './check-value.ts'
import { refuseRunning } from './refuse-running.ts'
import { removeSecret, storeSecret } from './secrets.ts'

const MAX_BYTES = 32 * 1024
const MAX_VARIABLES = 200

export type VariableChanges = Readonly<Record<string, Secret | null>>
export type ChangedVariables = { bot: Bot; set: string[]; removed: string[] }

/**
 * Sets variables of a bot, or removes those that are null, from its next start on: all of them or none. Fails with
 * `unknown_bot`, `bad_value` or `bot_busy`.
 */
export const setVariables = async (
  engine: Engine,
  name: string,
  changes: VariableChanges,
): Promise<ChangedVariables> => {
  checkVariables(changes)
  return engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    await refuseRunning(entities, bot)
    const release = await activeRelease(entities, bot.id)
    refuseToken(changes, [bot.tokenEnv, release?.plan.tokenEnv])
    refuseSettings(bot, changes)
    const before = await namesOf(entities, bot)
    const set = await storeVariables(engine, entities, { bot, changes })
    const removed = before.filter((key) => changes[key] === null)
    for (const key of removed) await removeSecret(engine, entities, { bot, key })
    if ((await namesOf(entities, bot)).length > MAX_VARIABLES) throw tooMany()
    return { bot, set, removed }
  })
}

/** In alphabetical order; values never leave the engine. Fails with `unknown_bot`. */
export const variableNames = async ({ database: { read } }: Engine, name: string): Promise<string[]> =>
  namesOf(read, await botByName(read, name))

/** A secret as it may be shown: without its value. */
export type NamedSecret = { key: string; updatedAt: number }

/** Secret variables, and config files by their path, in alphabetical order. Fails with `unknown_bot`. */
export const secretList = async (
  { database: { read } }: Engine,
  name: string,
): Promise<{ variables: NamedSecret[]; files: NamedSecret[] }> => {
  const stored = await secretsOf(read, (await botByName(read, name)).id)
  return {
    variables: stored.filter(({ key }) => isVariable(key)).map(({ key, updatedAt }) => ({ key, updatedAt })),
    files: stored.flatMap(({ key, updatedAt }) =>
      key.startsWith(FILE_KEY) ? [{ key: key.slice(FILE_KEY.length), updatedAt }] : [],
    ),
  }
}

/** What can be said without knowing the bot. Fails with `bad_value`. */
export const checkVariables = (changes: VariableChanges): void => {
  for (const [name, value] of Object.entries(changes)) {
    checkValue(EnvKey, name)
    if (RESERVED.includes(name)) throw refused(name, 'it is set by the manager itself')
    if (value !== null) checkContent(name, value.reveal())
  }
  if (Object.keys(changes).length > MAX_VARIABLES) throw tooMany()
}

/** `own` are the names that carry the bot's token; null and undefined where none is known yet. */
export const refuseToken = (changes: VariableChanges, own: readonly (string | null | undefined)[]): void => {
  const name = Object.keys(changes).find((key) => own.includes(key))
  if (name !== undefined) throw refused(name, 'it carries the bot’s token')
}

const refuseSettings = ({ name, env }: Bot, changes: VariableChanges): void => {
  const key = Object.keys(changes).find((key) => changes[key] !== null && env[key] !== undefined)
  if (key === undefined) return
  throw refused(key, 'it is a setting, which others can read', { hint: `Take it away first: /env ${name} ${key}=` })
}

/** Those that are not null; gives their names. */
export const storeVariables = async (
  engine: Engine,
  entities: EntityManager,
  { bot, changes }: { bot: Pick<Bot, 'id'>; changes: VariableChanges },
): Promise<string[]> => {
  const values = Object.entries(changes).flatMap(([key, value]) => (value === null ? [] : [{ key, value }]))
  for (const { key, value } of values) await storeSecret(engine, entities, { bot, key, value })
  return values.map(({ key }) => key)
}

/** The last one is how the bot's token is kept; as a variable it could only be the token. */
const RESERVED = ['TELEGRAM_API_ROOT', 'PATH', 'HOSTNAME', TOKEN_KEY]

const checkContent = (name: string, value: string): void => {
  if (Buffer.byteLength(value) > MAX_BYTES) throw refused(name, 'its value is larger than 32 KiB')
  if (value.includes('\0')) throw refused(name, 'a value can’t have a zero byte in it')
  if (/[\r\n]/.test(value) && /["\\]/.test(value)) {
    throw refused(name, 'a value over several lines can’t have " or \\ in it: programs would read .env differently', {
      hint: 'Nothing was changed: put it on one line, or give it to the bot as a config file',
    })
  }
}

const namesOf = async (entities: EntityManager, { id }: Bot): Promise<string[]> =>
  (await secretsOf(entities, id)).map(({ key }) => key).filter(isVariable)

const refused = (name: string, why: string, { hint }: { hint?: string } = {}) =>
  new TbsError('bad_value', `${name} can’t be set: ${why}`, { hint: hint ?? 'Nothing was changed' })

const tooMany = () =>
  new TbsError('bad_value', `A bot has at most ${MAX_VARIABLES} variables`, { hint: 'Nothing was changed' })
