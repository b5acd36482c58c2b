import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AnyAuthMethod } from 'ssh2'
import { messageOf, type Secret, TbsError } from '../../../deploy-engine/index.ts'
import type { Question } from './question.ts'
import { connectBySsh, type Server, type Session, type SshOptions } from './ssh.ts'

export type LogIn = Omit<SshOptions, 'methods'> & {
  agent: string | undefined
  keyFile: string | undefined
  password: Secret | undefined
  question: Question
  /** Made by us for an earlier login. */
  madeKey: Buffer | undefined
}

/** What was typed is kept: sudo may want it, too. */
export type LoggedIn = Session & { password: Secret | undefined }

/** By keys and agent, then by the password that was given; only if nothing of that is let in, it is asked for. */
export const logIn = async (server: Server, how: LogIn): Promise<LoggedIn> => {
  const { user, host } = server
  const methods = await withoutTyping(server, how)
  try {
    return { ...(await connectBySsh(server, { ...how, methods })), password: how.password }
  } catch (error) {
    const mayAsk = error instanceof TbsError && error.code === 'ssh_refused' && !how.password && how.question.canAsk
    if (!mayAsk) throw error
    const password = await how.question.secret(`Password of ${user}@${host}`, 'TBS_SSH_PASSWORD')
    return { ...(await connectBySsh(server, { ...how, methods: byPassword(user, password) })), password }
  }
}

const withoutTyping = async ({ user }: Server, how: LogIn): Promise<AnyAuthMethod[]> => {
  const byAgent: AnyAuthMethod[] = how.agent === undefined ? [] : [{ type: 'agent', username: user, agent: how.agent }]
  const own = how.keyFile === undefined ? await ownKeys() : [await givenKey(how.keyFile)]
  const keys = how.madeKey ? [...own, how.madeKey] : own
  const byKey = keys.map((key): AnyAuthMethod => ({ type: 'publickey', username: user, key }))
  return [...byKey, ...byAgent, ...(how.password ? byPassword(user, how.password) : [])]
}

const byPassword = (username: string, password: Secret): AnyAuthMethod[] => [
  { type: 'password', username, password: password.reveal() },
  {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _text, _language, prompts, finish) => finish(prompts.map(() => password.reveal())),
  },
]

const OWN_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

// A key with a passphrase is the agent's: ssh2 would refuse to connect at all.
const ownKeys = async (): Promise<Buffer[]> => {
  const files = OWN_KEYS.map((name) => readFile(join(homedir(), '.ssh', name)).catch(() => undefined))
  return (await Promise.all(files)).flatMap((key) => (key && !isEncrypted(key) ? [key] : []))
}

const givenKey = async (file: string): Promise<Buffer> => {
  const key = await readFile(file).catch((cause) => {
    throw new TbsError('bad_ssh_key', `The key can't be read: ${messageOf(cause)}`, { cause })
  })
  if (!isEncrypted(key)) return key
  throw new TbsError('bad_ssh_key', `${file} is protected by a passphrase`, {
    hint: `Let your agent hold it: ssh-add ${file}`,
  })
}

const isEncrypted = (key: Buffer): boolean => {
  const text = key.toString('latin1')
  if (/ENCRYPTED/.test(text)) return true
  const [, body = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)/.exec(text) ?? []
  // Its first field behind the magic is the cipher.
  return body !== '' && !Buffer.from(body, 'base64').subarray(15, 30).includes('none')
}
