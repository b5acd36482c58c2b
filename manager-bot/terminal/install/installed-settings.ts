import { Secret } from '../../../deploy-engine/index.ts'
import type { Environment } from '../../data-dir.ts'
import type { Places } from './places.ts'
import { ask, type Target } from './target.ts'

/** What the environment of the manager's container may say beside where things are. */
export const SETTINGS = [
  'TBS_OWNER_ID',
  'TELEGRAM_API_ROOT',
  'TBS_BOTS_API_ROOT',
  'TBS_GIT_PROTOCOLS',
  'TBS_NET_POOL',
  'TBS_BACKUP_CMD',
  'TBS_HEARTBEAT_URL',
  'REDIS_URL',
  'NPM_CONFIG_REGISTRY',
  'TZ',
] as const

export type Settings = Partial<Record<(typeof SETTINGS)[number], string>>

export type Installed = { token: Secret | undefined; settings: Settings }

/** What an earlier run has left on the server. */
export const lookAtInstalled = async (root: Target, places: Places): Promise<Installed> => {
  const token = await ask(root, ['cat', places.token])
  const text = (await ask(root, ['cat', places.environment])) ?? ''
  const lines = text.split('\n').flatMap((line) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, value]]
  })
  return { token: token ? new Secret(token) : undefined, settings: only(Object.fromEntries(lines)) }
}

/** What is given now goes before what was given then. The time zone is the server's, not that of whoever installs. */
export const merged = (then: Settings, now: Environment, timezone: string): Settings => ({
  ...then,
  ...only({ ...now, TZ: undefined }),
  TZ: then.TZ ?? timezone,
})

/** As `docker --env-file` reads it: lines, without any quoting. */
export const environmentFile = (settings: Settings): string =>
  SETTINGS.flatMap((name) => (settings[name] === undefined ? [] : [`${name}=${settings[name]}\n`])).join('')

const only = (env: Environment): Settings =>
  Object.fromEntries(SETTINGS.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
