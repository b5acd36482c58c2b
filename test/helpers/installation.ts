import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSandbox, type Sandbox, type SandboxBot, type SandboxMessage } from '../../telegram-sandbox/index.ts'
import { removeAll, sandboxHosts } from './docker.ts'
import { type GitRepo, gitRepo } from './git-repo.ts'
import { LAUNCHER } from './launcher.ts'
import { type Reading, told } from './told.ts'

export const OWNER = 1001

/** How much of what the manager prints is shown with a message that did not come, chunks. */
const PRINTED = 20

export type Installation = {
  sandbox: Sandbox
  instance: string
  directory: string
  dataDir: string
  manager: SandboxBot
  env: NodeJS.ProcessEnv
  /** Starts the real manager process, and waits for nothing. */
  begin(): void
  /** Starts it and waits until it answers /help. */
  start(): Promise<void>
  /** SIGKILL, as a crash of the host process would be. */
  kill(): Promise<void>
  stop(): Promise<void>
  /** What the owner writes to the manager, or another `person`. */
  say(text: string, person?: number): SandboxMessage
  /** Says it, and presses the button that confirms it; gives what was said. */
  confirmed(text: string, person?: number): Promise<SandboxMessage>
  /** The newest of the manager's messages to the owner (or `person`) that matches, also if it came to by an edit. */
  reads(pattern: RegExp, options?: Reading): Promise<SandboxMessage>
  /** All that the manager's process has printed, over all starts. */
  output(): string
  /** The process id of the running manager. */
  pid(): number
  /** Runs the terminal door; gives its exit code and all that it printed. */
  terminal(args: string[], input?: string): Promise<{ code: number; output: string }>
  /** Lets somebody write to a bot twice a second until the promise is settled, which is given back. */
  whileTalkingTo<T>(bot: SandboxBot, promise: Promise<T>): Promise<T>
  repo(name: string): Promise<GitRepo>
  /** Registers a bot by the chat, as a person does; gives the sandbox's bot. */
  addBot(name: string, repo: GitRepo): Promise<SandboxBot>
  close(): Promise<void>
}

/** A whole installation of its own: sandbox, data dir, instance, and the manager as a process. */
export const installation = async ({
  sandbox: shared,
  launcher = LAUNCHER,
}: {
  sandbox?: Sandbox
  launcher?: string
} = {}): Promise<Installation> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-i-'))
  const instance = `tbs-t${randomBytes(4).toString('hex')}`
  const sandbox = shared ?? (await openSandbox({ apiHosts: await sandboxHosts() }))
  const manager = sandbox.addBot({ username: `${instance.replace('-', '_')}_manager_bot`, name: 'tbs-manager' })
  sandbox.addPerson({ id: OWNER, name: 'Olga' })
  const dataDir = join(directory, 'data')
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    TBS_TOKEN: manager.token,
    TBS_INSTANCE: instance,
    TBS_DATA_DIR: dataDir,
    TBS_OWNER_ID: String(OWNER),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    TBS_BOTS_API_ROOT: `http://host.docker.internal:${sandbox.apiPort}`,
    TBS_GIT_PROTOCOLS: 'https:ssh:file',
  }
  let child: ChildProcess | undefined
  const output: string[] = []

  const say = (text: string, person = OWNER) => sandbox.say(person, manager.username, text)
  const printed = () => output.slice(-PRINTED).join('')
  const reads: Installation['reads'] = (pattern, options) =>
    told({ sandbox, manager, owner: OWNER, printed }, pattern, options)
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  const begin = () => {
    child = spawn(process.execPath, [launcher, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout?.on('data', (chunk) => output.push(String(chunk)))
    child.stderr?.on('data', (chunk) => output.push(String(chunk)))
  }

  return {
    sandbox,
    instance,
    directory,
    dataDir,
    manager,
    env,
    say,
    confirmed: async (text, person = OWNER) => {
      const asked = say(text, person)
      const { message_id, buttons } = await reads(/Confirm within 60 s/, { after: asked, person })
      void sandbox.press(person, manager.username, message_id, buttons[0]?.[0]?.text ?? '')
      return asked
    },
    reads,
    begin,
    start: async () => {
      begin()
      const asked = say('/help')
      await reads(/\/deploy/, { after: asked })
    },
    output: () => output.join(''),
    pid: () => child?.pid ?? 0,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    terminal: async (args, input = '') => {
      const door = spawn(process.execPath, [launcher, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
      const printed: string[] = []
      door.stdout.on('data', (chunk) => printed.push(String(chunk)))
      door.stderr.on('data', (chunk) => printed.push(String(chunk)))
      door.stdin.end(input)
      const [code] = await once(door, 'close')
      return { code: Number(code), output: printed.join('') }
    },
    whileTalkingTo: async (bot, promise) => {
      const timer = setInterval(() => sandbox.say(OWNER, bot.username, 'hello'), 500)
      return promise.finally(() => clearInterval(timer))
    },
    repo: (name) => gitRepo(join(directory, 'repos', name)),
    addBot: async (name, repo) => {
      const bot = sandbox.addBot({ username: `${name.replaceAll('-', '_')}_${randomBytes(3).toString('hex')}_bot` })
      const asked = say(`/addbot ${name} ${repo.url}`)
      await reads(/token/i, { after: asked })
      const told = say(bot.token)
      await reads(new RegExp(`/deploy ${name}`), { after: told })
      return bot
    },
    close: async () => {
      await end('SIGTERM')
      if (!shared) await sandbox.close()
      await removeAll(instance)
      await rm(directory, { recursive: true, force: true })
    },
  }
}
