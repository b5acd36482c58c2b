import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { BotToken, messageOf, Secret, TbsError } from '../../../deploy-engine/index.ts'
import { readConfig } from '../../config.ts'
import type { Environment } from '../../data-dir.ts'
import type { Server } from './ssh.ts'

export type InstallOptions = {
  port?: string
  key?: string
  fingerprint?: string
  instance?: string
  owner?: string
  tokenFile?: string
  yes?: true
  json?: true
}

/** Which installation on which machine, and how to get there. */
export type Where = {
  /** undefined: this machine. */
  server: Server | undefined
  instance: string
  keyFile: string | undefined
  /** That the server must show, if it is known beforehand. */
  fingerprint: string | undefined
  passwords: { ssh: Secret | undefined; sudo: Secret | undefined }
  agent: string | undefined
}

export type Wanted = Where & {
  token: Secret | undefined
  /** Settings of the manager among it. */
  env: Environment
}

/** What flags and environment say. Fails with `bad_config`, naming the variable or flag. */
export const readWanted = async (
  host: string | undefined,
  options: InstallOptions,
  given: Environment,
): Promise<Wanted> => {
  const env: Environment = {
    ...given,
    ...(options.owner !== undefined && { TBS_OWNER_ID: options.owner }),
    ...(options.instance !== undefined && { TBS_INSTANCE: options.instance }),
    ...(options.tokenFile !== undefined && { TBS_TOKEN: undefined, TBS_TOKEN_FILE: options.tokenFile }),
  }
  const { token } = readConfig(env)
  return { ...(await readWhere(host, options, env)), token, env }
}

export type WhereOptions = Pick<InstallOptions, 'port' | 'key' | 'fingerprint' | 'instance'>

/** Fails with `bad_config`. */
export const readWhere = async (host: string | undefined, options: WhereOptions, env: Environment): Promise<Where> => ({
  server: host === undefined ? undefined : serverOf(host, options.port ?? '22'),
  instance: readConfig({ TBS_INSTANCE: options.instance ?? env.TBS_INSTANCE }).instance,
  keyFile: options.key,
  fingerprint: options.fingerprint,
  passwords: {
    ssh: await passwordOf(env, 'TBS_SSH_PASSWORD'),
    sudo: await passwordOf(env, 'TBS_SUDO_PASSWORD'),
  },
  agent: env.SSH_AUTH_SOCK,
})

/** What a person types, or the file on the server holds. */
export const asToken = (typed: Secret): Secret => {
  const token = BotToken.safeParse(typed.reveal())
  if (token.success) return new Secret(token.data)
  throw new TbsError('bad_token', 'This is not the shape of a bot token', {
    hint: 'It looks like 123456789:AAExampleOfThirtyFiveCharacters. Nothing was changed',
  })
}

const Host = z.string().regex(/^(?:([a-z_][\w.-]*)@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)$/)

const serverOf = (text: string, port: string): Server => {
  const [, user = 'root', host = ''] = HOST.exec(Host.safeParse(text).data ?? '') ?? []
  if (host !== '' && /^\d{1,5}$/.test(port)) return { user, host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  throw new TbsError('bad_config', `${text} (port ${port}) is not where a server can be: user@host is expected`, {
    hint: 'As in: tbs-manager install root@203.0.113.7',
  })
}

const HOST = /^(?:([^@]+)@)?(.+)$/

const passwordOf = async (env: Environment, name: 'TBS_SSH_PASSWORD' | 'TBS_SUDO_PASSWORD') => {
  const file = env[`${name}_FILE`]
  if (env[name]) return new Secret(env[name])
  if (!file) return undefined
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new TbsError('bad_config', `${name}_FILE: ${messageOf(cause)}`, { cause })
  })
  return new Secret(text.replace(/\r?\n$/, ''))
}
