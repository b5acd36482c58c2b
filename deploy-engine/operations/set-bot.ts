import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { TbsError } from '../error.ts'
import { EnvKey, RefName, RepoPath, RepoUrl } from '../names.ts'
import type { Engine } from '../ports.ts'
import { type Bot, BotSchema, botByName } from '../records/bot.ts'
import { unfinishedOperations } from '../records/operation.ts'
import { GIT_TOKEN } from '../records/secret.ts'
import { Cpus, size } from '../source/manifest-fields.ts'
import { checkValue, refuseProtocol } from './check-value.ts'
import { removeSecret } from './secrets.ts'

export type ChangedSetting = {
  bot: Bot
  was: string | null
  is: string | null
  /** The token for the former repository's server was removed. */
  tokenRemoved: boolean
}

const MIB = 1024 * 1024

type Setting = { schema: z.ZodType<Partial<Bot>>; read: (bot: Bot) => string | null }

/** What can be set, by its name in `/set <bot> name=value`; an empty value is null. */
const SETTINGS: Record<string, Setting> = {
  repo: {
    schema: z
      .string('a bot needs a repository')
      .pipe(RepoUrl)
      .transform((repo) => ({ repo })),
    read: ({ repo }) => repo,
  },
  branch: { schema: RefName.nullable().transform((branch) => ({ branch })), read: ({ branch }) => branch },
  path: { schema: RepoPath.nullable().transform((path) => ({ path })), read: ({ path }) => path },
  token_env: { schema: EnvKey.nullable().transform((tokenEnv) => ({ tokenEnv })), read: ({ tokenEnv }) => tokenEnv },
  dockerfile: {
    schema: z
      .enum(['own', 'ignored'], 'takes own or ignored')
      .nullable()
      .transform((choice) => ({ ignoreDockerfile: choice === 'ignored' })),
    read: ({ ignoreDockerfile }) => (ignoreDockerfile ? 'ignored' : 'own'),
  },
  memory: {
    schema: size(32, 65_536)
      .nullable()
      .transform((memoryBytes) => ({ memoryBytes })),
    read: ({ memoryBytes }) => (memoryBytes === null ? null : `${memoryBytes / MIB}m`),
  },
  cpus: {
    schema: Cpus.nullable().transform((cpus) => ({ cpus })),
    read: ({ cpus }) => (cpus === null ? null : String(cpus)),
  },
  auto_rollback: {
    schema: z
      .enum(['on', 'off'], 'takes on or off')
      .nullable()
      .transform((choice) => ({ autoRollback: choice !== 'off' })),
    read: ({ autoRollback }) => (autoRollback ? 'on' : 'off'),
  },
}

/**
 * Changes one setting of a bot from its next deploy on. Nothing is changed on failure: `unknown_bot`,
 * `unknown_setting`, `bad_value`, `protocol_refused` or `bot_busy`.
 */
export const setBot = async (
  engine: Engine,
  { bot: name, setting, value }: { bot: string; setting: string; value: string },
): Promise<ChangedSetting> => {
  const { schema, read } = settingNamed(setting)
  const change = checkValue(z.object({ [setting]: schema }), { [setting]: value === '' ? null : value })[setting] ?? {}
  if (change.repo !== undefined) refuseProtocol(engine, change.repo)
  return engine.database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    await refuseBusy(entities, bot)
    const changed = { ...bot, ...change }
    await entities.update(BotSchema, { id: bot.id }, change)
    const tokenRemoved = originOf(bot.repo) !== originOf(changed.repo) && (await removeToken(engine, entities, bot))
    return { bot: changed, was: read(bot), is: read(changed), tokenRemoved }
  })
}

const settingNamed = (name: string): Setting => {
  const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined
  if (setting) return setting
  throw new TbsError('unknown_setting', `There is no setting ${name.slice(0, 40)}`, {
    hint: `Settings are: ${Object.keys(SETTINGS).join(', ')}`,
  })
}

const refuseBusy = async (entities: EntityManager, bot: Bot): Promise<void> => {
  const [operation] = await unfinishedOperations(entities, bot.id)
  if (!operation) return
  throw new TbsError('bot_busy', `${bot.name} is busy: ${operation.kind} #${operation.id} is ${operation.state}`, {
    hint: `Wait for its end, or stop it with /cancel ${bot.name}`,
  })
}

// A token is for the server that it was made at; another one must not be shown it.
const removeToken = (engine: Engine, entities: EntityManager, bot: Bot): Promise<boolean> =>
  removeSecret(engine, entities, { bot, key: GIT_TOKEN })

const originOf = (repo: string): string => /^\w+:\/\/[^/]*/.exec(repo)?.[0].toLowerCase() ?? ''
