import { TbsError } from '../error.ts'
import { GitToken, protocolOf } from '../names.ts'
import type { Engine, GitAccess } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { GIT_KEY, GIT_TOKEN, SecretSchema } from '../records/secret.ts'
import { Secret } from '../secret.ts'
import { publicKeyLine } from '../source/openssh-key.ts'
import { checkValue } from './check-value.ts'
import { storeSecret } from './secrets.ts'

/** What is stored for reading a bot's repository. Fails with `secret_unreadable`. */
export const gitAccess = async (engine: Engine, bot: Bot): Promise<GitAccess> => {
  const [key, token] = await Promise.all([GIT_KEY, GIT_TOKEN].map((name) => storedSecret(engine, bot, name)))
  return { ...(key && { key }), ...(token && { token }) }
}

export type DeployKey = { bot: Bot; publicKey: string; made: boolean }

/** The public half of a bot's ssh key, made if there is none or another is wanted. Fails with `unknown_bot`. */
export const deployKey = async (engine: Engine, name: string, { renew }: { renew: boolean }): Promise<DeployKey> => {
  const bot = await botByName(engine.database.read, name)
  const stored = renew ? undefined : await storedSecret(engine, bot, GIT_KEY)
  if (stored) return { bot, publicKey: publicKeyLine(stored.reveal()), made: false }
  const { privateKey, publicKey } = engine.git.createKey()
  await engine.database.transaction((entities) =>
    storeSecret(engine, entities, { bot, key: GIT_KEY, value: privateKey }),
  )
  return { bot, publicKey, made: true }
}

/** What can be refused before anybody is asked for a token. Fails with `unknown_bot` or `not_https`. */
export const checkTokenFits = async (engine: Engine, name: string): Promise<Bot> => {
  const bot = await botByName(engine.database.read, name)
  if (protocolOf(bot.repo) === 'https') return bot
  throw new TbsError('not_https', `${bot.repo} is not read over https, so it takes no token`, {
    hint: protocolOf(bot.repo) === 'ssh' ? `For ssh: /deploykey ${name}` : `Another URL: /set ${name} repo=https://…`,
  })
}

/**
 * Stores a token for a bot's repository after the server has taken it. Nothing is changed on failure: `bad_value`,
 * `not_https`, `repo_changed`, or what asking the server fails with.
 */
export const setGitToken = async (
  engine: Engine,
  { bot: name, token }: { bot: string; token: Secret },
  signal: AbortSignal,
): Promise<Bot> => {
  const { repo: url } = await checkTokenFits(engine, name)
  const value = new Secret(checkValue(GitToken, token.reveal()))
  await engine.git.ask({ url, access: { token: value } }, signal)
  return engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    if (bot.repo !== url) throw repoChanged(bot)
    await storeSecret(engine, entities, { bot, key: GIT_TOKEN, value })
    return bot
  })
}

/** Says which command gives git access to this bot's repository, where that is what was missing. */
export const withAccessHint = (error: unknown, bot: Bot): unknown => {
  if (!(error instanceof TbsError) || error.code !== 'needs_access') return error
  const hint =
    protocolOf(bot.repo) === 'ssh'
      ? `Make a key with /deploykey ${bot.name} and add it to the repository, for reading. Is the URL right?`
      : `Store a token that may read it with /gittoken ${bot.name}. Is the URL right?`
  return new TbsError(error.code, error.message, { hint, cause: error })
}

const storedSecret = async ({ database, vault }: Engine, bot: Bot, key: string): Promise<Secret | undefined> => {
  const found = await database.read.findOneBy(SecretSchema, { botId: bot.id, key })
  return found ? vault.open(bot.id, key, found.sealed) : undefined
}

const repoChanged = (bot: Bot) =>
  new TbsError('repo_changed', `${bot.name} got another repository meanwhile: ${bot.repo}`, {
    hint: `Again: /gittoken ${bot.name}`,
  })
