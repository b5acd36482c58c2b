import { TbsError } from '../error.ts'
import { isSecretSetting } from '../looks-secret.ts'
import type { Engine } from '../ports.ts'
import { type Bot, BotSchema, botByName } from '../records/bot.ts'
import { activeRelease } from '../records/release.ts'
import { secretsOf } from '../records/secret.ts'
import { Secret } from '../secret.ts'
import { refuseRunning } from './refuse-running.ts'
import { checkVariables, refuseToken } from './variables.ts'

/** A variable of a bot that is no secret; undefined: it is not set. */
export type BotSetting = {
  key: string
  /** What the next start has. */
  next: string | undefined
  /** What the active version was started with. */
  now: string | undefined
  /** What the repository of the active version sets. */
  repository: string | undefined
}

export type BotSettings = { bot: Bot; release: number | undefined; settings: BotSetting[] }

type Wanted = { bot: string; key: string; value: string | null }

const MOST = 200

/** In alphabetical order, those of the repository included. Fails with `unknown_bot`. */
export const botSettings = async ({ database: { read } }: Engine, name: string): Promise<BotSettings> => {
  const bot = await botByName(read, name)
  const release = await activeRelease(read, bot.id)
  const { env = {} } = release?.plan ?? {}
  const ran = release ? { ...env, ...release.env } : {}
  const all = { ...env, ...bot.env }
  const settings = [...new Set([...Object.keys(ran), ...Object.keys(all)])].sort().map((key) => ({
    key,
    next: all[key],
    now: ran[key],
    repository: env[key],
  }))
  return { bot, release: release?.number, settings }
}

/** What would become of a setting. Changes nothing; fails like `setSetting`. */
export const settingPreview = async (engine: Engine, wanted: Wanted): Promise<BotSetting> => {
  await checkSetting(engine, wanted)
  const { settings } = await botSettings(engine, wanted.bot)
  const { now, repository } = settings.find(({ key }) => key === wanted.key) ?? {}
  return { key: wanted.key, next: wanted.value ?? repository, now, repository }
}

/**
 * Sets a variable that is no secret from the bot's next start on, or with null leaves it to the repository again.
 * Fails with `unknown_bot`, `bad_value`, `looks_secret`, `is_secret`, `not_set` or `bot_busy`.
 */
export const setSetting = (engine: Engine, wanted: Wanted): Promise<BotSetting> =>
  engine.database.transaction(async (entities) => {
    const within = { ...engine, database: { ...engine.database, read: entities } }
    const preview = await settingPreview(within, wanted)
    const bot = await botByName(entities, wanted.bot)
    const { [wanted.key]: _, ...others } = bot.env
    const env = wanted.value === null ? others : { ...others, [wanted.key]: wanted.value }
    await entities.update(BotSchema, { id: bot.id }, { env })
    return preview
  })

const checkSetting = async ({ database: { read } }: Engine, { bot: name, key, value }: Wanted): Promise<void> => {
  const bot = await botByName(read, name)
  await refuseRunning(read, bot)
  const changes = { [key]: value === null ? null : new Secret(value) }
  checkVariables(changes)
  refuseToken(changes, [bot.tokenEnv, (await activeRelease(read, bot.id))?.plan.tokenEnv])
  if (value === null) {
    if (bot.env[key] === undefined) throw notSet(bot, key)
    return
  }
  if (isSecretSetting(key, value)) throw looksSecret(bot, key)
  if ((await secretsOf(read, bot.id)).some((secret) => secret.key === key)) throw isSecret(bot, key)
  if (Object.keys({ ...bot.env, [key]: value }).length > MOST) {
    throw new TbsError('bad_value', `A bot has at most ${MOST} settings`, { hint: 'Nothing was changed' })
  }
}

const notSet = (bot: Bot, key: string) =>
  new TbsError('not_set', `${key} is not set for ${bot.name}`, { hint: `See /env ${bot.name}` })

const looksSecret = (bot: Bot, key: string) =>
  new TbsError('looks_secret', `${key} looks like a secret, and settings can be read by others`, {
    hint: `Nothing was changed. In our private chat: /secret ${bot.name} ${key}`,
  })

const isSecret = (bot: Bot, key: string) =>
  new TbsError('is_secret', `${key} is a secret of ${bot.name} already`, {
    hint: `Change it with /secret ${bot.name} ${key}, or remove it first: /secret ${bot.name} ${key} --remove`,
  })
