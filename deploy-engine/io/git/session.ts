import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TbsError } from '../../error.ts'
import type { Remote } from '../../ports.ts'
import { withAccess } from './access.ts'
import type { GitLimits } from './limits.ts'
import { runGit } from './run.ts'

/** Of this machine and installation. */
export type GitHome = {
  dataDir: string
  protocols: readonly string[]
  limits: GitLimits
  /** What is passed through of this process's environment. */
  env: Record<string, string>
}

type Options = { env?: Record<string, string>; onOutput?: (chunk: Buffer) => void; signal?: AbortSignal }

/** git with everything that its caller need not know of. */
export type Git = {
  /** Reads and writes this machine only. */
  local(args: readonly string[], options?: Options): Promise<string>
  /** Speaks with a server, which may not be silent for long. */
  remote(args: readonly string[], options?: Options): Promise<string>
}

// Sizes are watched in one place, nothing is left to a process that outlives its caller, and no code of others is run.
const CONFIG = [
  'fetch.unpackLimit=1',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'http.lowSpeedLimit=1',
]

/** Runs `work` with a git that has access to one server, for as long as the limits allow; else `fetch_timeout`. */
export const withGit = async <T>(
  home: GitHome,
  remote: Remote,
  { signal, work }: { signal: AbortSignal; work: (git: Git) => Promise<T> },
): Promise<T> => {
  signal.throwIfAborted()
  await mkdir(home.dataDir, { recursive: true, mode: 0o700 })
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const deadline = setTimeout(() => stop.abort(tookTooLong(remote.url, home.limits.totalMs)), home.limits.totalMs)
  try {
    return await withAccess(remote, home.dataDir, (env) => work(gitIn(home, env, stop.signal)))
  } finally {
    clearTimeout(deadline)
    signal.removeEventListener('abort', onAbort)
  }
}

const gitIn = (home: GitHome, access: Record<string, string>, stop: AbortSignal): Git => {
  const { dataDir: cwd, protocols, limits } = home
  const config = [...CONFIG, `http.lowSpeedTime=${Math.ceil(limits.silentMs / 1000)}`]
  const common = config.flatMap((setting) => ['-c', setting])
  const base = { ...home.env, ...FIXED, GIT_CEILING_DIRECTORIES: dirname(cwd), GIT_ALLOW_PROTOCOL: protocols.join(':') }
  const run =
    (more: { env?: Record<string, string>; silentMs?: number }) =>
    (args: readonly string[], { env, onOutput, signal }: Options = {}) =>
      runGit([...common, ...args], {
        cwd,
        env: { ...base, ...more.env, ...env },
        signal: signal ? AbortSignal.any([stop, signal]) : stop,
        ...(more.silentMs !== undefined && { silentMs: more.silentMs }),
        ...(onOutput && { onOutput }),
      })
  return { local: run({}), remote: run({ env: access, silentMs: limits.silentMs }) }
}

const FIXED = {
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C',
}

const tookTooLong = (url: string, ms: number) =>
  new TbsError('fetch_timeout', `Fetching ${url} took longer than ${Math.round(ms / 1000)} s and was ended`, {
    hint: 'Is the repository large, or its server slow? Try again later',
  })
