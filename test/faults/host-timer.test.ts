import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSandbox, type Sandbox, type SandboxBot } from '../../telegram-sandbox/index.ts'
import { removeAll } from '../helpers/docker.ts'

// faults.md, row 24: whoever looks after the manager from outside, with a container in its place that can be made ill.

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('../../docker/host-timer.sh', import.meta.url))
const IMAGE = 'node:24-bookworm-slim'
const OWNERS = [1001, 1002]
const NEEDED = [
  'sh',
  'docker',
  'timeout',
  'head',
  'tr',
  'cut',
  'grep',
  'sed',
  'find',
  'mkdir',
  'rmdir',
  'mv',
  'dirname',
]

let directory: string
let instance: string
let sandbox: Sandbox
let manager: SandboxBot
let env: NodeJS.ProcessEnv

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-timer-'))
  instance = `tbs-t${randomBytes(4).toString('hex')}`
  sandbox = await openSandbox()
  manager = sandbox.addBot({ username: 'tbs_manager_bot', name: 'Manager' })
  for (const id of OWNERS) {
    sandbox.addPerson({ id, name: `Owner ${id}` })
    sandbox.privateChat(id, manager.username)
  }
  await writeFile(join(directory, 'token'), `${manager.token}\n`)
  await writeFile(join(directory, 'owners'), `${OWNERS[0]}\n`)
  const settings = {
    TBS_INSTANCE: instance,
    TBS_TOKEN_FILE: join(directory, 'token'),
    TBS_OWNER_FILE: join(directory, 'owners'),
    TBS_TIMER_STATE: join(directory, 'state', 'host-timer'),
    TBS_UPGRADE_MARKER: join(directory, 'upgrading'),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(join(directory, 'host-timer.conf'), lines.join(''))
  env = { PATH: process.env.PATH }
})

afterEach(async () => {
  await sandbox.close()
  await removeAll(instance)
  await rm(directory, { recursive: true, force: true })
})

/** One look, as the timer makes it every minute; it says nothing on the terminal. */
const look = async () => {
  const { stdout, stderr } = await run(SCRIPT, [join(directory, 'host-timer.conf')], { env })
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' })
}

const looks = async (count: number) => {
  for (let made = 0; made < count; made++) await look()
}

const said = (owner = OWNERS[0] ?? 0) =>
  sandbox.conversation(manager.username, owner).flatMap(({ from, text }) => (from.is_bot ? [text] : []))

const docker = async (...args: string[]) => (await run('docker', args)).stdout.trim()

/** A container that is well as long as it has a certain file, which it makes when it starts, or does not. */
const standIn = async ({ heals = true, health = true } = {}): Promise<string> => {
  const labels = ['--label', `tbs.instance=${instance}`, '--label', 'tbs.role=manager']
  const check = ['--health-cmd', 'test -e /tmp/well', '--health-interval', '1s', '--health-retries', '1']
  const heal = heals ? 'touch /tmp/well; ' : '[ -e /tmp/begun ] || touch /tmp/well /tmp/begun; '
  const program = ['sh', '-c', `${heal}exec sleep infinity`]
  const id = await docker('run', '--detach', '--init', ...labels, ...(health ? check : []), IMAGE, ...program)
  if (health) await until(id, 'healthy')
  return id
}

const until = async (id: string, wanted: string) => {
  for (const end = Date.now() + 20_000; (await healthOf(id)) !== wanted; await sleep(100)) {
    if (Date.now() > end) throw new Error(`the container did not become ${wanted}`)
  }
}

const healthOf = (id: string) =>
  docker('inspect', '--format', '{{if .State.Health}}{{.State.Health.Status}}{{end}}', id)
const startedAt = (id: string) => docker('inspect', '--format', '{{.State.StartedAt}}', id)
const makeIll = async (id: string) => {
  await docker('exec', id, 'rm', '/tmp/well')
  await until(id, 'unhealthy')
}

const DOWN = /^tbs-manager on \S+ is not well: its container is unhealthy\. It was restarted\.$/
const BACK = /^tbs-manager on \S+ is well again\.$/

test('an unhealthy manager is restarted once, and the owner reads two messages', async () => {
  const id = await standIn()
  await looks(3)
  expect(said()).toEqual([])
  const before = await startedAt(id)
  await makeIll(id)
  await look()
  expect(said()).toEqual([])
  expect(await startedAt(id)).toBe(before)
  await look()
  expect(said()).toEqual([expect.stringMatching(DOWN)])
  const after = await startedAt(id)
  expect(after).not.toBe(before)
  await until(id, 'healthy')
  await looks(5)
  expect(said()).toEqual([expect.stringMatching(DOWN), expect.stringMatching(BACK)])
  expect(await startedAt(id)).toBe(after)
})

test('one that stays ill is restarted once and told of once, until it is well', async () => {
  const id = await standIn({ heals: false })
  await makeIll(id)
  await looks(2)
  await until(id, 'unhealthy')
  const after = await startedAt(id)
  await looks(5)
  expect(said()).toEqual([expect.stringMatching(DOWN)])
  expect(await startedAt(id)).toBe(after)
  await docker('exec', id, 'touch', '/tmp/well')
  await until(id, 'healthy')
  await look()
  expect(said()).toHaveLength(1)
  await look()
  expect(said()[1]).toMatch(BACK)
})

test('a stopped one is started, every owner hears of it, and a line that is no id is skipped', async () => {
  await writeFile(join(directory, 'owners'), `# owners\n${OWNERS.join('\n')}`)
  const id = await standIn({ health: false })
  await docker('stop', '--time', '0', id)
  await looks(4)
  expect(await docker('inspect', '--format', '{{.State.Running}}', id)).toBe('true')
  for (const owner of OWNERS) {
    expect(said(owner)).toEqual([
      expect.stringMatching(/: its container is exited\. It was restarted\.$/),
      expect.stringMatching(BACK),
    ])
  }
})

test('a container that is gone, and a Docker that is gone', async () => {
  await looks(3)
  expect(said()).toEqual([
    expect.stringMatching(/: it has no container\. It could not be restarted\. See on the server/),
  ])
  const id = await standIn({ health: false })
  await looks(2)
  expect(said()).toHaveLength(2)
  env.DOCKER_HOST = `unix://${join(directory, 'none.sock')}`
  await looks(3)
  expect(said()[2]).toMatch(/: Docker does not answer\. It could not be restarted\./)
  delete env.DOCKER_HOST
  await looks(2)
  expect(said()).toHaveLength(4)
  expect(await docker('inspect', '--format', '{{.State.Running}}', id)).toBe('true')
})

test('while Telegram is away nothing is lost: told afterwards, as it is then', async () => {
  const id = await standIn({ heals: false })
  const back = sandbox.fail({ status: 502, body: '<html></html>' })
  await makeIll(id)
  await looks(3)
  back()
  expect(said()).toEqual([])
  await until(id, 'unhealthy')
  await looks(2)
  expect(said()).toEqual([expect.stringMatching(DOWN)])

  const again = sandbox.fail({ reset: true })
  await docker('exec', id, 'touch', '/tmp/well')
  await until(id, 'healthy')
  await looks(3)
  await docker('rm', '--force', id)
  await standIn()
  await looks(1)
  again()
  await looks(2)
  expect(said()).toEqual([expect.stringMatching(DOWN), expect.stringMatching(BACK)])
})

test('what was never told is told as over', async () => {
  const id = await standIn()
  const back = sandbox.fail({ reset: true })
  await makeIll(id)
  await looks(2)
  await until(id, 'healthy')
  await looks(2)
  back()
  await looks(2)
  expect(said()).toEqual([expect.stringMatching(/was not well for a while, and is well again\.$/)])
})

test('an upgrade is left alone, but not for ever', async () => {
  const marker = join(directory, 'upgrading')
  await writeFile(marker, '')
  const id = await standIn()
  await makeIll(id)
  await looks(4)
  expect(said()).toEqual([])
  const long = Date.now() / 1000 - 31 * 60
  await utimes(marker, long, long)
  await looks(2)
  expect(said()).toEqual([expect.stringMatching(DOWN)])
})

test('one that starts again and again is told of after a few minutes', async () => {
  const labels = ['--label', `tbs.instance=${instance}`, '--label', 'tbs.role=manager']
  const check = ['--health-cmd', 'false', '--health-interval', '1h']
  await docker('run', '--detach', '--init', ...labels, ...check, IMAGE, 'sleep', 'infinity')
  await looks(5)
  expect(said()).toEqual([])
  await looks(4)
  expect(said()).toEqual([expect.stringMatching(/: it has been starting for 6 minutes\. It was restarted\.$/)])
})

test.each(['curl', 'wget'])(
  'by %s, no process shows the token, neither in its arguments nor in its variables',
  async (tool) => {
    const programs = join(directory, 'bin')
    await mkdir(programs)
    for (const name of [...NEEDED, 'uname', 'cat', tool]) {
      const found = (await run('sh', ['-c', `command -v ${name}`])).stdout.trim()
      if (found.startsWith('/')) await symlink(found, join(programs, name))
    }
    env.PATH = programs
    const id = await standIn()
    await makeIll(id)
    await look()
    sandbox.fail({ method: 'sendMessage', delay: 2_000, times: 1 })
    const script = spawn(SCRIPT, [join(directory, 'host-timer.conf')], { env, stdio: 'ignore' })
    const ended = once(script, 'exit')
    let looked = 0
    while (script.exitCode === null) {
      const shown = await shownByProcesses()
      // What is shown of a failure must not be all that the machine's processes have.
      expect(shown.includes(manager.token.split(':')[1] ?? '')).toBe(false)
      if (shown.includes(`${tool}\0`)) looked += 1
      await Promise.race([ended, sleep(50)])
    }
    expect(looked).toBeGreaterThan(0)
    expect(said()).toEqual([expect.stringMatching(DOWN)])
  },
)

/** The command line and the environment of every process. */
const shownByProcesses = async (): Promise<string> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  const files = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
  return (await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')))).join('\n')
}

test('a second look beside a long one does nothing, and one that was killed is forgotten', async () => {
  await standIn()
  await look()
  const lock = join(directory, 'state', 'host-timer.lock')
  await mkdir(lock)
  await look()
  expect(existsSync(lock)).toBe(true)
  const old = Date.now() / 1000 - 6 * 60
  await utimes(lock, old, old)
  await look()
  expect(existsSync(lock)).toBe(false)
})

test('a state that nobody can read is none', async () => {
  const id = await standIn()
  await mkdir(join(directory, 'state'))
  await writeFile(join(directory, 'state', 'host-timer'), 'x $(reboot) 1\n')
  await makeIll(id)
  await looks(2)
  expect(said()).toEqual([expect.stringMatching(DOWN)])
})
