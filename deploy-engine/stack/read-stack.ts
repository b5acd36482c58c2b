import { join } from 'node:path'
import { TbsError } from '../error.ts'
import { isSecretSetting } from '../looks-secret.ts'
import type { FilesPort } from '../ports.ts'
import { Secret } from '../secret.ts'
import { envLines, unquoted } from './env-lines.ts'
import { openFernet, stackKey } from './fernet.ts'
import { DEPLOY_YAML, readStackConfig, type StackConfig } from './stack-config.ts'

/** What is there and does not come along, and why. */
export type Left = { what: string; why: string }

/** A deployment of telegram-bot-stack as it lies in its directory. */
export type Stack = {
  config: StackConfig
  token: Secret | undefined
  settings: Record<string, string>
  secrets: Record<string, Secret>
  left: Left[]
}

const DOT_ENV = '.env'
const ENCRYPTED = '.secrets.env.encrypted'
/** Its containers have this one as /app/data. */
export const DATA = 'data'

/**
 * Reads it and changes nothing. `key` goes before the one in deploy.yaml. What can't be read is told, not thrown, but
 * `no_deploy_yaml` and `bad_deploy_yaml`.
 */
export const readStack = async (
  files: Pick<FilesPort, 'readText' | 'names'>,
  { directory, key }: { directory: string; key?: Secret },
): Promise<Stack> => {
  const text = await files.readText(join(directory, DEPLOY_YAML))
  if (text === undefined) throw noDeployYaml(directory)
  const config = readStackConfig(text)
  const names = await files.names(directory)
  const plain = Object.fromEntries(
    envLines((await files.readText(join(directory, DOT_ENV))) ?? '').map(([name, raw]) => [name, unquoted(raw)]),
  )
  const encrypted = envLines((await files.readText(join(directory, ENCRYPTED))) ?? '')
  const { opened, left } = decrypted(encrypted, { config, key: key ?? config.key })
  const all = { ...config.environment, ...plain }
  const isOpen = (name: string) => !isSecretSetting(name, all[name] ?? '')
  const others = Object.keys(all).filter((name) => name !== config.tokenEnv && opened[name] === undefined)
  const { [config.tokenEnv]: token, ...secrets } = opened
  return {
    config,
    token: token ?? secretOf(plain[config.tokenEnv]),
    settings: Object.fromEntries(others.filter(isOpen).map((name) => [name, all[name] ?? ''])),
    secrets: {
      ...Object.fromEntries(others.filter((name) => !isOpen(name)).map((name) => [name, new Secret(all[name] ?? '')])),
      ...secrets,
    },
    left: [...left, ...filesLeft(names)],
  }
}

const secretOf = (value: string | undefined): Secret | undefined => (value ? new Secret(value) : undefined)

type Opened = { opened: Record<string, Secret>; left: Left[] }

const decrypted = (
  encrypted: readonly [name: string, token: string][],
  { config, key }: { config: StackConfig; key: Secret | undefined },
): Opened => {
  const why = key ? 'it can’t be decrypted with this key' : `it is encrypted, and there is no key in ${DEPLOY_YAML}`
  const secret = key && stackKey(key, config.name)
  const read = encrypted.map(([name, token]) => ({ name, value: secret && openFernet(token, secret) }))
  return {
    opened: Object.fromEntries(read.flatMap(({ name, value }) => (value ? [[name, value]] : []))),
    left: read.flatMap(({ name, value }) => (value ? [] : [{ what: name, why }])),
  }
}

const filesLeft = (names: readonly string[]): Left[] => {
  const databases = names.filter((name) => /\.(db|sqlite3?)$/i.test(name))
  return [
    ...databases.map((what) => ({ what, why: `it lies outside ${DATA}/, which its containers never had` })),
    ...(names.includes('logs') ? [{ what: 'logs/', why: 'they are of the old installation' }] : []),
    ...(names.includes('backups') ? [{ what: 'backups/', why: 'they are in the format of telegram-bot-stack' }] : []),
  ]
}

const noDeployYaml = (directory: string): TbsError =>
  new TbsError('no_deploy_yaml', `There is no ${DEPLOY_YAML} in ${directory}`, {
    hint: `On the server telegram-bot-stack keeps data and secrets in /opt/<bot>: copy ${DEPLOY_YAML} there first`,
  })
