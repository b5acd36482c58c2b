import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { BotToken, type EngineSettings, messageOf, Secret, TbsError } from '../deploy-engine/index.ts'
import { dataDirOf, type Environment } from './data-dir.ts'

export type Config = Omit<EngineSettings, 'timezone'> & {
  /** Only `serve` needs it. */
  token: Secret | undefined
  /** Where it was read from; undefined: it was given as it is. */
  tokenFile: string | undefined
  ownerId: number | undefined
  redisUrl: string | undefined
  /** Called every minute while all is well. Whoever knows it can call it, too. */
  heartbeatUrl: Secret | undefined
  /** Where newer versions of the manager are found. */
  registry: string
  /** PATH, for the programs that the manager starts without the rest of its environment. */
  searchPath: string | undefined
}

/** Fails with `bad_config`, naming the variable and what it takes. */
export const readConfig = (env: Environment): Config => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Variables.safeParse(given)
  if (!parsed.success) throw wrong(parsed.error)
  const values = parsed.data
  const dataDir = dataDirOf(env)
  return {
    token: values.TBS_TOKEN ?? tokenFromFile(values.TBS_TOKEN_FILE),
    tokenFile: values.TBS_TOKEN === undefined ? values.TBS_TOKEN_FILE : undefined,
    ownerId: values.TBS_OWNER_ID,
    redisUrl: values.REDIS_URL,
    heartbeatUrl: values.TBS_HEARTBEAT_URL,
    registry: values.NPM_CONFIG_REGISTRY,
    searchPath: env.PATH,
    instance: values.TBS_INSTANCE,
    dataDir,
    keyFile: resolve(values.TBS_KEY_FILE ?? `${dataDir}.key`),
    apiRoot: values.TELEGRAM_API_ROOT,
    botsApiRoot: values.TBS_BOTS_API_ROOT ?? asSeenByContainers(values.TELEGRAM_API_ROOT),
    gitProtocols: values.TBS_GIT_PROTOCOLS,
    netPool: values.TBS_NET_POOL,
    ...(values.TBS_BACKUP_CMD && { backupCommand: values.TBS_BACKUP_CMD }),
    programEnvironment: { PATH: env.PATH ?? '', ...(env.HOME !== undefined && { HOME: env.HOME }) },
  }
}

/** What this process was started with. Fails like readConfig. */
export const currentConfig = (): Config => readConfig(process.env)

/** The part of the configuration that the engine reads. */
export const engineSettings = (config: Config): EngineSettings => ({
  instance: config.instance,
  dataDir: config.dataDir,
  keyFile: config.keyFile,
  apiRoot: config.apiRoot,
  botsApiRoot: config.botsApiRoot,
  gitProtocols: config.gitProtocols,
  netPool: config.netPool,
  ...(config.backupCommand && { backupCommand: config.backupCommand }),
  ...(config.programEnvironment && { programEnvironment: config.programEnvironment }),
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  ...(config.token && { ownAccount: Number(config.token.reveal().split(':')[0]) }),
})

/** What the demo begins from: an installation of its own, and nothing of a real one but where it may be moved to. */
export const demoEnvironment = (env: Environment = process.env): Environment => ({
  TBS_INSTANCE: env.TBS_INSTANCE ?? 'tbs-demo',
  TBS_DATA_DIR: env.TBS_DATA_DIR ?? '.tbs/demo',
  TBS_NET_POOL: env.TBS_NET_POOL,
  TBS_GIT_PROTOCOLS: 'https:ssh:file',
  PATH: env.PATH,
})

/** Fails with `bad_config` when there is none. */
export const requireToken = ({ token }: Config): Secret => {
  if (token) return token
  throw new TbsError('bad_config', "TBS_TOKEN is not set: it takes the manager's own bot token, from @BotFather", {
    hint: 'Set TBS_TOKEN, or TBS_TOKEN_FILE to a file that holds it',
  })
}

const HttpUrl = z.url({ protocol: /^https?$/, error: 'takes an http or https URL' })

const ApiRoot = HttpUrl.transform((url) => url.replace(/\/+$/, ''))

const Token = BotToken.transform((token) => new Secret(token))

const Variables = z.object({
  TBS_TOKEN: Token.optional(),
  TBS_TOKEN_FILE: z.string().optional(),
  TBS_INSTANCE: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'takes up to 31 lower-case letters, digits and dashes, beginning with a letter')
    .default('tbs'),
  TBS_KEY_FILE: z.string().optional(),
  TBS_OWNER_ID: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'takes a numeric Telegram user id')
    .transform(Number)
    .optional(),
  TELEGRAM_API_ROOT: ApiRoot.default('https://api.telegram.org'),
  TBS_BOTS_API_ROOT: ApiRoot.optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'takes a redis:// or rediss:// URL' }).optional(),
  TBS_HEARTBEAT_URL: HttpUrl.transform((url) => new Secret(url)).optional(),
  NPM_CONFIG_REGISTRY: HttpUrl.transform((url) => url.replace(/\/+$/, '')).default('https://registry.npmjs.org'),
  TBS_GIT_PROTOCOLS: z
    .string()
    .regex(/^(https|http|ssh|file)(:(https|http|ssh|file))*$/, 'takes protocols joined by colons, such as https:ssh')
    .transform((list) => list.split(':'))
    .default(['https', 'ssh']),
  TBS_BACKUP_CMD: z
    .string()
    .transform((text, context) => {
      const words = wordsOf(text)
      if (words.length > 0) return words
      context.addIssue('takes a program with its arguments, or a JSON array of them: rclone copy --to-dir remote:tbs')
      return z.NEVER
    })
    .optional(),
  TBS_NET_POOL: z.cidrv4({ error: 'takes an IPv4 range such as 10.213.0.0/16' }).default('10.213.0.0/16'),
})

// No shell: words are words. Where one has a space in it, a JSON array says so.
const wordsOf = (text: string): string[] => {
  if (!text.trimStart().startsWith('[')) return text.split(/\s+/).filter(Boolean)
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.every((word) => typeof word === 'string' && word !== '') ? words : []
  } catch {
    return []
  }
}

const wrong = (error: z.ZodError): TbsError => {
  const issues = error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`)
  return new TbsError('bad_config', issues.join('; '), { hint: 'Correct the variable and start again' })
}

const tokenFromFile = (file: string | undefined): Secret | undefined => {
  if (file === undefined) return undefined
  const parsed = Token.safeParse(readToken(file))
  if (parsed.success) return parsed.data
  throw new TbsError('bad_config', `TBS_TOKEN_FILE: ${file} does not hold a bot token`, {
    hint: 'A bot token looks like 123456789:AAExampleOfThirtyFiveCharacters',
  })
}

const readToken = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TbsError('bad_config', `TBS_TOKEN_FILE: ${messageOf(cause)}`, { cause })
  }
}

const asSeenByContainers = (apiRoot: string): string => {
  const url = new URL(apiRoot)
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return apiRoot
  url.hostname = 'host.docker.internal'
  return url.href.replace(/\/+$/, '')
}
