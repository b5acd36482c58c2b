import { z } from 'zod'
import { TbsError } from '../error.ts'
import { BotName, EnvKey, RefName, RepoPath, RepoUrl } from '../names.ts'
import type { Engine, GitAccess } from '../ports.ts'
import { type Bot, BotSchema, REGISTERED, registeredBot } from '../records/bot.ts'
import { GIT_KEY, GIT_TOKEN, TOKEN_KEY } from '../records/secret.ts'
import type { Secret } from '../secret.ts'
import { VolumePath } from '../source/manifest-fields.ts'
import { tokenTaken, whoseToken } from './check-token.ts'
import { checkValue, refuseProtocol } from './check-value.ts'
import { type ConfigFile, checkConfigFiles, storeConfigFiles } from './config-files.ts'
import { storeSecret } from './secrets.ts'
import { checkVariables, refuseToken, storeVariables } from './variables.ts'

export type NewBot = {
  name: string
  repo: string
  branch?: string
  path?: string
  tokenEnv?: string
  token: Secret
  variables?: Readonly<Record<string, Secret>>
  /** Directories in the container that become volumes, beside those that detection finds. */
  volumes?: readonly string[]
  files?: readonly ConfigFile[]
  /** What its repository is read with. */
  access?: GitAccess
  ignoreDockerfile?: boolean
}

const Described = z.object({
  name: BotName,
  repo: RepoUrl,
  branch: RefName.optional(),
  path: RepoPath.optional(),
  tokenEnv: EnvKey.optional(),
  volumes: z.array(VolumePath).max(20, 'a bot has at most 20 volumes').default([]),
})

/**
 * Registers a bot after asking Telegram whose token it is. Nothing is changed on failure: `bad_value`, `name_taken`,
 * `token_taken`, `protocol_refused`, `token_refused`, `telegram_unreachable`.
 */
export const addBot = async (engine: Engine, bot: NewBot): Promise<Bot> => {
  const { name, repo, branch, path, tokenEnv, volumes } = await checkNewBot(engine, bot)
  const { token, id: telegramId, username } = await whoseToken(engine, bot.token)
  return engine.database.transaction(async (entities) => {
    const taken = (
      await entities.findBy(BotSchema, [
        { name, ...REGISTERED },
        { telegramId, ...REGISTERED },
      ])
    ).at(0)
    if (taken) throw taken.name === name ? nameTaken(name) : tokenTaken(taken)
    const now = engine.clock.now()
    const row = { name, repo, branch: branch ?? null, tokenEnv: tokenEnv ?? null, createdAt: now }
    const chosen = {
      path: path ?? null,
      ignoreDockerfile: bot.ignoreDockerfile ?? false,
      volumes,
      lock: null,
      env: {},
      memoryBytes: null,
      cpus: null,
      lastRelease: 0,
      stoppedAt: null,
      removedAt: null,
    }
    const saved = await entities.save(BotSchema, { ...row, ...chosen, telegramId, username })
    await storeSecret(engine, entities, { bot: saved, key: TOKEN_KEY, value: token })
    const { key, token: gitToken } = bot.access ?? {}
    if (key) await storeSecret(engine, entities, { bot: saved, key: GIT_KEY, value: key })
    if (gitToken) await storeSecret(engine, entities, { bot: saved, key: GIT_TOKEN, value: gitToken })
    await storeVariables(engine, entities, { bot: saved, changes: bot.variables ?? {} })
    await storeConfigFiles(engine, entities, { bot: saved, files: checkConfigFiles(bot.files ?? []) })
    return saved
  })
}

/** All that can be refused before anybody is asked for a token. Fails like addBot. */
export const checkNewBot = async (engine: Engine, bot: Omit<NewBot, 'token'>): Promise<z.output<typeof Described>> => {
  const described = checkValue(Described, bot)
  checkVariables(bot.variables ?? {})
  refuseToken(bot.variables ?? {}, [described.tokenEnv])
  checkConfigFiles(bot.files ?? [])
  refuseProtocol(engine, described.repo)
  await refuseTakenName(engine, described.name)
  return described
}

const refuseTakenName = async ({ database }: Engine, name: string): Promise<void> => {
  if (await registeredBot(database.read, name)) throw nameTaken(name)
}

const nameTaken = (name: string) =>
  new TbsError('name_taken', `There is a bot named ${name} already`, {
    hint: `See /status ${name}, or choose another name`,
  })
