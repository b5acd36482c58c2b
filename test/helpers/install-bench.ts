import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeEchoRepo } from '../../demo/echo-repo.ts'
import { openSandbox, type Sandbox, type SandboxBot, type SandboxMessage } from '../../telegram-sandbox/index.ts'
import { sandboxHosts } from './docker.ts'
import { plainGitServer } from './git-http-server.ts'
import { type Packed, packed } from './packed.ts'
import { type Reading, told } from './told.ts'
import type { Vps } from './vps.ts'

const TEMPLATE = fileURLToPath(new URL('../../templates/echo', import.meta.url))
export const OWNER = 1001

export type StepEvent = {
  step: string
  state: 'begin' | 'line' | 'end' | 'failed'
  changed?: boolean
  found?: string
  ms?: number
}

export type InstallRun = {
  code: number | null
  events: StepEvent[]
  /** The last event of a run that came to its end. */
  done: { link?: string; recoveryKey?: string; ms: number } | undefined
  error: { code: string; message: string; hint?: string } | undefined
  /** All that it printed. */
  output: string
}

export type RunOptions = {
  user?: string
  env?: NodeJS.ProcessEnv
  args?: string[]
  /** SIGKILL as soon as it has begun this step, or as that has printed so many lines. */
  killAt?: { step: string; lines: number }
}

export type Program = {
  child: ChildProcessByStdio<Writable, Readable, Readable>
  /** `bytes`: its standard output as it came. */
  ended: Promise<{ code: number | null; out: string; err: string; bytes: Buffer }>
}

/** The packed tarball in an empty directory, a Telegram, a git server with the echo bot, and a key for SSH. */
export type InstallBench = {
  sandbox: Sandbox
  manager: SandboxBot
  packed: Packed
  repo: string
  publicKey: string
  /** Where host keys are pinned; addresses are used again, so that each server has a file of its own. */
  knownHosts(vps: Vps): string
  install(vps: Vps, options?: RunOptions): Promise<InstallRun>
  /** Another verb of the same package, from this side. */
  begin(vps: Vps, words: string[], options?: { launcher: string }): Program
  say(text: string): SandboxMessage
  reads(pattern: RegExp, options?: Omit<Reading, 'person'>): Promise<SandboxMessage>
  close(): Promise<void>
}

export const installBench = async (): Promise<InstallBench> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-install-'))
  const [, address = ''] = await sandboxHosts()
  const sandbox = await openSandbox({ apiHosts: [address] })
  const manager = sandbox.addBot({ username: 'installed_manager_bot', name: 'tbs-manager' })
  sandbox.addPerson({ id: OWNER, name: 'Olga' })
  await makeEchoRepo(join(directory, 'repos', 'echo-bot'), { template: TEMPLATE })
  const git = await plainGitServer(join(directory, 'repos'), address)
  const here = await packed(directory)
  const key = join(directory, '.ssh', 'id_ed25519')
  await promisify(execFile)('install', ['-d', '-m', '700', join(directory, '.ssh')])
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const apiRoot = `http://${address}:${sandbox.apiPort}`
  const env: NodeJS.ProcessEnv = {
    ...here.env,
    TBS_TOKEN: manager.token,
    TELEGRAM_API_ROOT: apiRoot,
    TBS_GIT_PROTOCOLS: 'https:http',
  }
  return {
    sandbox,
    manager,
    packed: here,
    repo: `${git.origin}/echo-bot/.git`,
    publicKey: (await readFile(`${key}.pub`, 'utf8')).trim(),
    knownHosts: ({ name }) => join(directory, name, 'tbs-manager', 'known-hosts'),
    install: (vps, options = {}) => {
      const own = { ...env, XDG_CONFIG_HOME: join(directory, vps.name), ...options.env }
      return runInstaller(vps, { ...options, cwd: here.install, env: own })
    },
    begin: (vps, words, { launcher } = { launcher: join(here.install, 'node_modules/.bin/tbs-manager') }) => {
      const own = { ...here.env, XDG_CONFIG_HOME: join(directory, vps.name) }
      const child = spawn(launcher, words, { cwd: here.install, env: own, stdio: 'pipe' })
      const [out, err] = [buffer(child.stdout), buffer(child.stderr)]
      const ended = once(child, 'close').then(async ([code]) => ({
        ...{ code, out: String(await out), err: String(await err), bytes: await out },
      }))
      return { child, ended }
    },
    say: (text) => sandbox.say(OWNER, manager.username, text),
    reads: (pattern, options) => told({ sandbox, manager, owner: OWNER }, pattern, options),
    close: async () => {
      await git.close()
      await sandbox.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const isThere = (printed: string, { step, lines }: { step: string; lines: number }): boolean => {
  const wanted = `{"step":"${step}","state":"${lines === 0 ? 'begin' : 'line'}"`
  return printed.split(wanted).length > Math.max(lines, 1)
}

const runInstaller = async (
  { address }: Vps,
  { user = 'root', args = [], env, cwd, killAt }: RunOptions & { cwd: string },
): Promise<InstallRun> => {
  const launcher = join(cwd, 'node_modules/.bin/tbs-manager')
  const words = ['install', `${user}@${address}`, '--json', ...args]
  const child = spawn(launcher, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  const printed = () => output.join('')
  child.stderr.on('data', (chunk) => output.push(String(chunk)))
  child.stdout.on('data', (chunk) => {
    output.push(String(chunk))
    if (killAt && isThere(printed(), killAt)) child.kill('SIGKILL')
  })
  const [code] = await once(child, 'close')
  const lines = printed()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  return {
    code,
    events: lines.filter((line) => 'step' in line),
    done: lines.find((line) => 'done' in line),
    error: lines.find((line) => 'error' in line)?.error,
    output: printed(),
  }
}
