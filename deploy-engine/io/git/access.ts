import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Remote } from '../../ports.ts'

const CONNECT_S = 15
const ALIVE_S = 15
const ALIVE_COUNT = 3

// The shell that git runs it with expands the variables; nothing of the token or the user is part of this text.
const ANSWER = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$TBS_GIT_USER" "$TBS_GIT_TOKEN"; }; f'
// GitHub and GitLab take any name beside a token; whoever needs a certain one stores user:token.
const ANY_USER = 'x-access-token'

/**
 * Variables by which git and ssh get access, while `work` runs. A key is a file of mode 0600 below the data dir's
 * `tmp`, which is emptied at each start. git runs in the data dir, so all paths here are relative and need no quotes.
 */
export const withAccess = async <T>(
  { url, access }: Remote,
  dataDir: string,
  work: (env: Record<string, string>) => Promise<T>,
): Promise<T> => {
  const token = tokenEnvironment(url, access?.token?.reveal())
  if (!access?.key) return work({ ...token, GIT_SSH_COMMAND: ssh() })
  await mkdir(join(dataDir, 'tmp'), { recursive: true })
  const directory = await mkdtemp(join(dataDir, 'tmp', 'git-'))
  try {
    const file = join(directory, 'key')
    await writeFile(file, access.key.reveal(), { mode: 0o600 })
    return await work({ ...token, GIT_SSH_COMMAND: ssh(relative(dataDir, file)) })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Below the data dir; keys of servers are taken on first sight and may never change. */
export const KNOWN_HOSTS = 'known_hosts'

const ssh = (key?: string): string => {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=accept-new',
    `UserKnownHostsFile=${KNOWN_HOSTS}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    `ConnectTimeout=${CONNECT_S}`,
    `ServerAliveInterval=${ALIVE_S}`,
    `ServerAliveCountMax=${ALIVE_COUNT}`,
    ...(key ? ['IdentitiesOnly=yes', 'IdentityAgent=none'] : []),
  ]
  return ['ssh', '-F', 'none', ...(key ? ['-i', key] : []), ...options.flatMap((option) => ['-o', option])].join(' ')
}

// git asks this helper only for the server of the repository itself: not for a submodule's, nor after a redirect.
const tokenEnvironment = (url: string, token: string | undefined): Record<string, string> => {
  if (token === undefined || !url.startsWith('https://')) return {}
  const [, user, password] = /^([^:]+):(.+)$/.exec(token) ?? []
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `credential.${new URL(url).origin}.helper`,
    GIT_CONFIG_VALUE_0: ANSWER,
    TBS_GIT_USER: user ?? ANY_USER,
    TBS_GIT_TOKEN: password ?? token,
  }
}
