import { z } from 'zod'
import { TbsError } from '../error.ts'
import { BotName, BotToken, EnvKey, RefName, RepoPath, RepoUrl } from '../names.ts'
import type { Engine } from '../ports.ts'
import { type Bot, BotSchema } from '../records/bot.ts'
import { SecretSchema, TOKEN_KEY } from '../records/secret.ts'
import { Secret } from '../secret.ts'
import { checkValue, refuseProtocol } from './check-value.ts'

export type NewBot = { name: string; repo: string; branch?: string; path?: string; tokenEnv?: string; token: Secret }

const Described = z.object({
  name: BotName,
  repo: RepoUrl,
  branch: RefName.optional(),
  path: RepoPath.optional(),
  tokenEnv: EnvKey.optional(),
})

/**
 * Registers a bot after asking Telegram whose token it is. Nothing is changed on failure: `bad_value`, `name_taken`,
 * `token_taken`, `protocol_refused`, `token_refused`, `telegram_unreachable`.
 */
export const addBot = async (engine: Engine, bot: NewBot): Promise<Bot> => {
  const { name, repo, branch, path, tokenEnv } = await checkNewBot(engine, bot)
  const token = new Secret(checkValue(BotToken, bot.token.reveal()))
  const me = await engine.telegram.getMe(token)
  return engine.database.transaction(async (entities) => {
    const taken = (await entities.findBy(BotSchema, [{ name }, { telegramId: me.id }])).at(0)
    if (taken) throw taken.name === name ? nameTaken(name) : tokenTaken(taken)
    const now = engine.clock.now()
    const row = { name, repo, branch: branch ?? null, tokenEnv: tokenEnv ?? null, createdAt: now }
    const chosen = { path: path ?? null, ignoreDockerfile: false, volumes: [], lastRelease: 0 }
    const saved = await entities.save(BotSchema, { ...row, ...chosen, telegramId: me.id, username: me.username })
    const sealed = engine.vault.seal(saved.id, TOKEN_KEY, token)
    await entities.insert(SecretSchema, {
      botId: saved.id,
      key: TOKEN_KEY,
      keyId: engine.vault.keyId,
      sealed,
      updatedAt: now,
    })
    return saved
  })
}

/** All that can be refused before anybody is asked for a token. Fails like addBot. */
export const checkNewBot = async (engine: Engine, bot: Omit<NewBot, 'token'>): Promise<z.output<typeof Described>> => {
  const described = checkValue(Described, bot)
  refuseProtocol(engine, described.repo)
  await refuseTakenName(engine, described.name)
  return described
}

const refuseTakenName = async ({ database }: Engine, name: string): Promise<void> => {
  if (await database.read.existsBy(BotSchema, { name })) throw nameTaken(name)
}

const nameTaken = (name: string) =>
  new TbsError('name_taken', `There is a bot named ${name} already`, {
    hint: `See /status ${name}, or choose another name`,
  })

const tokenTaken = (bot: Bot) =>
  new TbsError('token_taken', `This token belongs to @${bot.username}, which is registered as ${bot.name} already`, {
    hint: 'Two programs with one token take each other’s updates: use another bot of @BotFather',
  })
