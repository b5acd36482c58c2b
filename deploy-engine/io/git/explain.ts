import { join } from 'node:path'
import { TbsError } from '../../error.ts'
import { protocolOf } from '../../names.ts'
import type { GitAccess, Remote } from '../../ports.ts'
import { redact, Secret } from '../../secret.ts'
import { KNOWN_HOSTS } from './access.ts'
import { GitFailed } from './run.ts'

const anyOf = (...patterns: string[]): RegExp => new RegExp(patterns.join('|'), 'i')

const NO_ACCESS = anyOf(
  'authentication failed',
  'could not read (username|password)',
  'permission denied \\(',
  "repository( '.*')? not found",
  'returned error: 40[13]',
  'access denied',
)
const HOST_KEY = /remote host identification has changed|host key verification failed/i

/** Of what git said about a server, the sentence for people. Anything but GitFailed is given back as it is. */
export const explain = (error: unknown, { url, access }: Remote, dataDir: string): unknown => {
  if (!(error instanceof GitFailed)) return error
  const said = redact(error.stderr, secretsIn(access))
  const reason = reasonIn(said)
  if (HOST_KEY.test(said)) return hostKeyChanged(url, dataDir)
  const protocol = protocolOf(url)
  if (NO_ACCESS.test(said) && protocol !== 'file') {
    const [shown, what] = protocol === 'ssh' ? [access?.key, 'key'] : [access?.token, 'token']
    const how = shown ? `with its ${what}` : `without a ${what}`
    return new TbsError('needs_access', `${url} can’t be read ${how}: ${reason}`, {
      hint: shown
        ? `Is the URL right, and may this ${what} read the repository?`
        : `Is the URL right? A private repository can be read with a ${what}.`,
    })
  }
  return new TbsError('fetch_failed', `git could not fetch ${url}: ${reason}`, {
    hint: 'Is the URL right, the server up, and the repository readable from here?',
  })
}

// A server is shown the two parts of user:token one by one.
const secretsIn = ({ key, token }: GitAccess = {}): Secret[] => {
  const part = token?.reveal().split(':').slice(1).join(':')
  return [key, token, part ? new Secret(part) : undefined].filter((secret) => secret !== undefined)
}

/** The ref or commit is not there. */
export const isMissingRef = (error: unknown): boolean =>
  error instanceof GitFailed && /couldn't find remote ref|not our ref|no such remote ref/i.test(error.stderr)

/** An old server that gives out tips only. */
export const isUnadvertised = (error: unknown): boolean =>
  error instanceof GitFailed && /does not allow request for unadvertised object/i.test(error.stderr)

const PROGRESS = /^remote: (enumerating|counting|compressing|total)|^\s*$/i
const SAYS_WHY = /^(ssh|fatal|error|remote|\S+@\S+):/i

/** The line of what git said that tells most. */
export const reasonIn = (said: string): string => {
  const lines = said.split(/[\r\n]+/).filter((line) => !PROGRESS.test(line))
  const line = lines.find((line) => SAYS_WHY.test(line)) ?? lines.at(-1) ?? 'it gave no reason'
  return line.replace(/^(fatal|error|remote|ERROR): /i, '').slice(0, 300)
}

const hostKeyChanged = (url: string, dataDir: string) => {
  const [, host = '', port] = /^(?:ssh:\/\/)?(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)(?::(\d+)\/)?/.exec(url) ?? []
  const name = port ? `[${host}]:${port}` : host
  return new TbsError('host_key_changed', `The ssh server of ${url} shows another host key than before`, {
    hint:
      'Somebody may be in between. If you know that the server got a new key, forget the old one: ' +
      `ssh-keygen -R '${name}' -f '${join(dataDir, KNOWN_HOSTS)}'`,
  })
}
