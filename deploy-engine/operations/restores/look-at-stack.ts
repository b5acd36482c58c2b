import { join } from 'node:path'
import { messageOf, TbsError } from '../../error.ts'
import { BotName, GitToken, protocolOf, RefName, RepoUrl } from '../../names.ts'
import type { Engine } from '../../ports.ts'
import { registeredBot } from '../../records/bot.ts'
import { Secret } from '../../secret.ts'
import { Cpus, size } from '../../source/manifest-fields.ts'
import { DATA, type Left, readStack, type Stack } from '../../stack/read-stack.ts'
import { type CheckedToken, checkToken } from '../check-token.ts'
import { checkValue, refuseProtocol } from '../check-value.ts'
import { checkVariables } from '../variables.ts'

export type StackRequest = {
  directory: string
  repo: string
  branch?: string
  /** The bot's name here; absent: as it is there. */
  name?: string
  /** Opens the secrets; absent: the key in deploy.yaml. */
  key?: Secret
  /** For a private repository over https. */
  gitToken?: Secret
}

/** What would become of a deployment of telegram-bot-stack; with the values, which are for nobody's eyes. */
export type StackLook = {
  name: string
  directory: string
  repo: string
  branch: string | null
  account: CheckedToken | undefined
  gitToken: Secret | undefined
  tokenEnv: string
  settings: Stack['settings']
  secrets: Stack['secrets']
  memoryBytes: number | null
  cpus: number | null
  data: { directory: string; path: string; files: number; bytes: number } | undefined
  /** Its container runs on this machine: two programs with one token take each other's updates. */
  runs: boolean
  left: Left[]
}

export const DATA_PATH = '/app/data'

/**
 * Reads a deployment directory and asks Telegram whose token it is; changes nothing. What can't be taken over is told
 * in `left`. Fails with `no_deploy_yaml`, `bad_deploy_yaml`, `unreadable`, `bad_value`, `protocol_refused` or
 * `name_taken`.
 */
export const lookAtStack = async (engine: Engine, request: StackRequest): Promise<StackLook> => {
  const { directory, key, branch, gitToken } = request
  const { config, token, ...stack } = await readStack(engine.files, { directory, ...(key && { key }) })
  const name = await freeName(engine, request.name ?? config.name)
  const repo = checkValue(RepoUrl, request.repo)
  refuseProtocol(engine, repo)
  const settings = usable(stack.settings)
  const secrets = usable(stack.secrets)
  const data = await measured(engine, join(directory, DATA))
  const limits = limitsOf(config)
  const account = await accountOf(engine, { token, name: config.tokenEnv, left: stack.left })
  return {
    ...{ name, directory, repo, tokenEnv: config.tokenEnv },
    branch: branch === undefined ? null : checkValue(RefName, branch),
    gitToken: gitToken && checkedGitToken(repo, gitToken),
    account: account.found,
    settings: settings.values,
    secrets: secrets.values,
    ...{ memoryBytes: limits.memoryBytes, cpus: limits.cpus },
    data: data.found,
    runs: await runsHere(engine, config.name),
    left: [...account.left, ...stack.left, ...settings.left, ...secrets.left, ...limits.left, ...data.left],
  }
}

const freeName = async ({ database }: Engine, wanted: string): Promise<string> => {
  const name = BotName.safeParse(wanted)
  if (!name.success) {
    throw new TbsError(
      'bad_value',
      `${JSON.stringify(wanted)} can’t be the bot’s name: ${name.error.issues[0]?.message}`,
      {
        hint: 'Choose another one here: --as <name>',
      },
    )
  }
  if (!(await registeredBot(database.read, name.data))) return name.data
  throw new TbsError('name_taken', `There is a bot named ${name.data} already`, {
    hint: 'Nothing was changed. Choose another name with --as, if it is not that one',
  })
}

const checkedGitToken = (repo: string, token: Secret): Secret => {
  if (protocolOf(repo) === 'https') return new Secret(checkValue(GitToken, token.reveal()))
  throw new TbsError('not_https', `${repo} is not read over https, so it takes no token`, {
    hint: 'Give another --repo',
  })
}

type Read<T> = { found: T | undefined; left: Left[] }

const accountOf = async (
  engine: Engine,
  { token, name: what, left }: { token: Secret | undefined; name: string; left: readonly Left[] },
): Promise<Read<CheckedToken>> => {
  const isSaid = left.some((one) => one.what === what)
  if (!token) return { found: undefined, left: isSaid ? [] : [{ what, why: 'the bot’s token was not found' }] }
  try {
    return { found: await checkToken(engine, token), left: [] }
  } catch (error) {
    if (!(error instanceof TbsError)) throw error
    return { found: undefined, left: [{ what, why: error.message }] }
  }
}

/** Those that a bot may have here. */
const usable = <T extends string | Secret>(given: Record<string, T>): { values: Record<string, T>; left: Left[] } => {
  const refused = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) {
    try {
      checkVariables({ [name]: typeof value === 'string' ? new Secret(value) : value })
    } catch (error) {
      refused.set(name, messageOf(error).replace(`${name} can’t be set: `, ''))
    }
  }
  const values = Object.entries(given).filter(([name]) => !refused.has(name))
  return { values: Object.fromEntries(values), left: [...refused].map(([what, why]) => ({ what, why })) }
}

const measured = async ({ archive }: Engine, directory: string): Promise<Read<NonNullable<StackLook['data']>>> => {
  const content = await archive.measureDirectory(directory)
  if (!content || content.files === 0) return { found: undefined, left: [] }
  const { others, ...found } = content
  const left = others.map((path) => ({ what: `${DATA}/${path}`, why: 'it is no file, directory or link' }))
  return { found: { directory, path: DATA_PATH, ...found }, left }
}

const limitsOf = ({ memory, cpus }: Stack['config']) => {
  const amount = size(32, 65_536).safeParse(memory?.toLowerCase().replace(/(?<=\d[mg])b$/, ''))
  const cores = Cpus.safeParse(cpus)
  const left = [
    ...(memory && !amount.success ? [{ what: `memory_limit ${memory}`, why: 'it is no size from 32M to 64G' }] : []),
    ...(cpus && !cores.success ? [{ what: `cpu_limit ${cpus}`, why: 'it is no number of cores' }] : []),
  ]
  return { memoryBytes: amount.data ?? null, cpus: cores.data ?? null, left }
}

/** By the labels that its compose file gives its container. */
const runsHere = async ({ docker }: Engine, name: string): Promise<boolean> => {
  const labels = { 'project.framework': 'telegram-bot-stack', 'project.name': name }
  return (await docker.containers(labels)).some(({ running }) => running)
}
