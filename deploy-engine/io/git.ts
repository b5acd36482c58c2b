import { TbsError } from '../error.ts'
import { protocolOf } from '../names.ts'
import type { EngineSettings, GitPort, Remote } from '../ports.ts'
import { bring } from './git/bring.ts'
import { checkOut } from './git/checkout.ts'
import { explain } from './git/explain.ts'
import { defaultBranchName } from './git/find-ref.ts'
import { GIT_LIMITS, type GitLimits } from './git/limits.ts'
import { commitsIn } from './git/log.ts'
import { type Mirror, removeLeftovers, urlOf } from './git/mirror.ts'
import { type Git, type GitHome, withGit } from './git/session.ts'
import { createSshKey } from './git/ssh-key.ts'
import { inTurn } from './git/turn.ts'

/** git as a program of the machine. Nobody's configuration is read, no prompt is shown, no other protocol is used. */
export const systemGit = (
  { dataDir, gitProtocols: protocols }: Pick<EngineSettings, 'dataDir' | 'gitProtocols'>,
  limits: GitLimits = GIT_LIMITS,
): GitPort => {
  const home: GitHome = { dataDir, protocols, limits, env: environment() }
  const turns = inTurn()
  const speak = async <T>(remote: Remote, signal: AbortSignal, work: (git: Git) => Promise<T>): Promise<T> => {
    refuseProtocol(remote.url, protocols)
    return withGit(home, remote, { signal, work }).catch((error) => {
      throw explain(error, remote, dataDir)
    })
  }
  const inMirror = <T>(path: string, remote: Remote, work: (mirror: Mirror) => Promise<T>, signal: AbortSignal) =>
    turns(path, () => speak(remote, signal, (git) => work({ ...remote, git, path, limits })))

  return {
    fetch: ({ mirror, ref, ...remote }, signal) => inMirror(mirror, remote, (opened) => bring(opened, ref), signal),

    checkout: async ({ mirror, sha, directory, access }, signal) => {
      const url = await urlOf(mirror)
      if (url === undefined) throw new Error(`nothing was fetched into ${mirror}`)
      const remote = { url, ...(access && { access }) }
      return inMirror(mirror, remote, (opened) => checkOut(home, { mirror: opened, sha, directory }), signal)
    },

    // Without a turn: a fetch at the same time only adds to what there is.
    log: async (range, signal) => {
      const url = await urlOf(range.mirror)
      if (url === undefined) return undefined
      return withGit(home, { url }, { signal, work: (git) => commitsIn(git, range) })
    },

    tidy: (mirror) => turns(mirror, () => removeLeftovers(mirror)),

    ask: (remote, signal) => speak(remote, signal, (git) => defaultBranchName(git, remote.url)),

    createKey: createSshKey,
  }
}

const environment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value && isForGit(key) ? [[key, value]] : [])),
  )

// Where programs are, proxies, certificates and the ssh agent; none of our own settings and none of git's switches.
const isForGit = (key: string): boolean => /^(PATH|SSH_AUTH_SOCK|SSL_CERT_\w+|GIT_SSL_CAINFO|\w+_proxy)$/i.test(key)

const refuseProtocol = (url: string, protocols: readonly string[]): void => {
  const protocol = protocolOf(url)
  if (protocol && protocols.includes(protocol)) return
  throw new TbsError('protocol_refused', `${url} uses a protocol that is not allowed here`, {
    hint: 'Use https or ssh, or allow it in TBS_GIT_PROTOCOLS',
  })
}
