import { z } from 'zod'
import { messageOf, TbsError } from '../error.ts'
import { Secret } from '../secret.ts'
import { readYaml } from '../source/read-yaml.ts'

/** What deploy.yaml of telegram-bot-stack says that matters here; as text, since it may be anything. */
export type StackConfig = {
  name: string
  tokenEnv: string
  memory: string | undefined
  cpus: string | undefined
  /** Variables that its containers get besides those of .env. */
  environment: Record<string, string>
  /** What the secrets are encrypted with. */
  key: Secret | undefined
}

export const DEPLOY_YAML = 'deploy.yaml'

/** Fails with `bad_deploy_yaml`. */
export const readStackConfig = (text: string): StackConfig => {
  const { bot, resources, logging, environment, secrets } = parsed(text)
  const { timezone, ...variables } = environment
  return {
    name: bot.name,
    tokenEnv: bot.token_env || 'BOT_TOKEN',
    memory: resources.memory_limit,
    cpus: resources.cpu_limit,
    environment: {
      PYTHONPATH: '/app',
      PRODUCTION: 'true',
      LOG_LEVEL: logging.level || 'INFO',
      TZ: timezone || 'UTC',
      ...variables,
    },
    key: secrets.encryption_key ? new Secret(secrets.encryption_key.trim()) : undefined,
  }
}

const parsed = (text: string): z.output<typeof DeployYaml> => {
  try {
    const found = DeployYaml.safeParse(readYaml(text).content)
    if (found.success) return found.data
    const [{ path = [], message = '' } = {}] = found.error.issues
    throw new Error(`${path.join('.')}: ${message}`)
  } catch (cause) {
    throw new TbsError('bad_deploy_yaml', `${DEPLOY_YAML} can’t be understood: ${messageOf(cause)}`, {
      hint: 'Nothing was changed. It has to be that of telegram-bot-stack, with bot.name in it',
      cause,
    })
  }
}

// A section without anything in it is an empty text.
const section = <T extends z.ZodRawShape>(shape: T) =>
  z.preprocess((value) => (value === '' || value === undefined ? {} : value), z.object(shape))

const Text = z.string('has to be a text').max(10_000)
const BOT_NAME = 'is missing'

const DeployYaml = z.object({
  bot: z.object({ name: z.string(BOT_NAME).min(1, BOT_NAME).max(200), token_env: Text.optional() }, BOT_NAME),
  resources: section({ memory_limit: Text.optional(), cpu_limit: Text.optional() }),
  logging: section({ level: Text.optional() }),
  environment: z.preprocess(
    (value) => (value === '' || value === undefined ? {} : value),
    z.record(z.string().max(200), Text),
  ),
  secrets: section({ encryption_key: Text.optional() }),
})
