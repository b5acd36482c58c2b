import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, TbsError } from '../error.ts'
import type { GitPort } from '../ports.ts'

const run = promisify(execFile)

const TIMEOUT_MS = 300_000
const SHORT_SHA = /^[0-9a-f]{7,39}$/

/** git as a program of the machine. Nobody's configuration is read, no prompt is shown, no other protocol is used. */
export const systemGit = (protocols: readonly string[]): GitPort => {
  const git = async (args: string[], signal: AbortSignal, env: Record<string, string> = {}): Promise<string> => {
    const options = { env: { ...environment(protocols), ...env }, signal, timeout: TIMEOUT_MS, maxBuffer: 64 << 20 }
    const { stdout } = await run('git', args, options)
    return stdout.trim()
  }

  return {
    fetch: async ({ mirror, url, ref }, signal) => {
      await ensureMirror(mirror, (args) => git(args, signal))
      const inMirror = (...args: string[]) => git(['--git-dir', mirror, ...args], signal)
      const fetch = (...refs: string[]) => inMirror('fetch', '--quiet', '--no-tags', '--force', ...refs)
      const wanted = ref ?? 'HEAD'
      try {
        await fetch('--depth', '1', '--', url, `+${wanted}:refs/tbs/wanted`)
        return await describe('refs/tbs/wanted^{commit}', inMirror)
      } catch (error) {
        signal.throwIfAborted()
        if (!SHORT_SHA.test(wanted) || !isMissingRef(error)) throw explain(error, url, wanted)
      }
      // A server gives no commit by a shortened id: bring everything and look it up here.
      await fetch('--', url, '+refs/heads/*:refs/tbs/heads/*', '+refs/tags/*:refs/tbs/tags/*').catch((error) => {
        throw explain(error, url, wanted)
      })
      return describe(`${wanted}^{commit}`, inMirror).catch((error) => {
        throw explain(error, url, wanted)
      })
    },

    checkout: async ({ mirror, sha, directory }, signal) => {
      const where = ['--git-dir', mirror, '--work-tree', directory]
      await git([...where, 'checkout', '--force', sha, '--', '.'], signal, {
        GIT_INDEX_FILE: join(mirror, `index-${sha}`),
      })
    },
  }
}

const environment = (protocols: readonly string[]): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value && isForGit(key) ? [[key, value]] : [])),
  ),
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: protocols.join(':'),
  LC_ALL: 'C',
})

// Where programs are, proxies, certificates and the ssh agent; none of our own settings and none of git's switches.
const isForGit = (key: string): boolean => /^(PATH|SSH_AUTH_SOCK|SSL_CERT_\w+|GIT_SSL_CAINFO|\w+_proxy)$/i.test(key)

const ensureMirror = async (mirror: string, git: (args: string[]) => Promise<string>): Promise<void> => {
  const exists = await access(join(mirror, 'HEAD')).then(
    () => true,
    () => false,
  )
  if (exists) return
  await mkdir(mirror, { recursive: true })
  await git(['init', '--quiet', '--bare', mirror])
}

const describe = async (commit: string, inMirror: (...args: string[]) => Promise<string>) => {
  const [sha = '', subject = ''] = (await inMirror('log', '-1', '--format=%H%n%s', commit, '--')).split('\n')
  return { sha, subject: subject.slice(0, 100) }
}

const isMissingRef = (error: unknown): boolean =>
  /couldn't find remote ref|not our ref|bad revision|unknown revision|no such ref|ambiguous argument/i.test(
    outputOf(error),
  )

const explain = (error: unknown, url: string, ref: string): unknown => {
  const output = outputOf(error)
  if (isMissingRef(error)) {
    const what = ref === 'HEAD' ? 'is empty: it has no commit' : `has no branch, tag or commit ${ref}`
    return new TbsError('unknown_ref', `${url} ${what}`, {
      hint: 'Look at the spelling, or push it first',
      cause: error,
    })
  }
  if (/transport '.*' not allowed/i.test(output)) {
    return new TbsError('protocol_refused', `${url} uses a protocol that is not allowed here`, {
      hint: 'Use https or ssh, or allow it in TBS_GIT_PROTOCOLS',
    })
  }
  const reason = output.split('\n').find((line) => /^(fatal|error|ERROR|remote):/.test(line)) ?? messageOf(error)
  return new TbsError('fetch_failed', `git could not fetch ${url}: ${reason.replace(/^\w+: /, '').slice(0, 300)}`, {
    hint: 'Is the URL right, the server up, and the repository readable from here?',
    cause: error,
  })
}

const outputOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : messageOf(error)
