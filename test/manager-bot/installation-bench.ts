import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSandbox, type Sandbox, type SandboxBot } from '../../telegram-sandbox/index.ts'
import { LAUNCHER } from '../helpers/launcher.ts'

export const OWNER = 42
export const MANAGER = 'tbs_manager_bot'

export type Ended = { code: number | null; out: string; err: string }

/** A running program, and what it has printed so far. */
export type Program = { process: ChildProcess; out(): string; ended: Promise<Ended> }

/** An installation in a directory of its own, driven through the real program. */
export type InstallationBench = {
  sandbox: Sandbox
  manager: SandboxBot
  dataDir: string
  instance: string
  environment: Record<string, string>
  begin(...args: string[]): Program
  run(args: string[], input?: string): Promise<Ended>
  /** `serve`, once it answers in the chat. */
  serve(): Promise<Program>
  /** What the manager says next to the owner. */
  answer(text: string): Promise<string>
  close(): Promise<void>
}

export const installationBench = async ({ launcher = LAUNCHER } = {}): Promise<InstallationBench> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-install-'))
  const instance = `tbs-t${randomBytes(4).toString('hex')}`
  const sandbox = await openSandbox()
  const manager = sandbox.addBot({ username: MANAGER, name: 'Manager' })
  sandbox.addPerson({ id: OWNER, name: 'Olga', username: 'olga' })
  const dataDir = join(directory, 'data')
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    TBS_INSTANCE: instance,
    TBS_DATA_DIR: dataDir,
    TBS_TOKEN: manager.token,
    TBS_OWNER_ID: String(OWNER),
    TBS_GIT_PROTOCOLS: 'file',
    TELEGRAM_API_ROOT: sandbox.apiRoot,
  }
  const running = new Set<Program>()

  const begin = (...args: string[]): Program => {
    const child = spawn(process.execPath, [launcher, ...args], { env: environment, stdio: 'pipe' })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += String(chunk)
    })
    child.stderr.on('data', (chunk) => {
      err += String(chunk)
    })
    const ended = once(child, 'close').then(([code]) => ({ code, out, err }))
    const program = { process: child, out: () => out, ended }
    running.add(program)
    void ended.then(() => running.delete(program))
    return program
  }

  const bench: InstallationBench = {
    sandbox,
    manager,
    dataDir,
    instance,
    environment,
    begin,
    run: (args, input = '') => {
      const program = begin(...args)
      program.process.stdin?.end(input)
      return program.ended
    },
    serve: async () => {
      const program = begin('serve')
      const help = bench.answer('/help')
      const gone = program.ended.then(({ out, err }) => Promise.reject(new Error(`serve ended: ${out}${err}`)))
      await Promise.race([help, gone])
      return program
    },
    answer: async (text) => {
      const { message_id } = sandbox.say(OWNER, MANAGER, text)
      const said = () =>
        sandbox.conversation(MANAGER, OWNER).find((one) => one.from.is_bot && one.message_id > message_id)
      return (await sandbox.waitFor(said, { timeout: 30_000, what: `an answer to ${text}` })).text
    },
    close: async () => {
      for (const program of running) program.process.kill('SIGTERM')
      await Promise.all([...running].map(({ ended }) => ended))
      await sandbox.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return bench
}
