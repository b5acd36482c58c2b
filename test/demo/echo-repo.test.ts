import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeEchoRepo } from '../../demo/echo-repo.ts'
import { openSandbox, type Sandbox } from '../../telegram-sandbox/index.ts'

const run = promisify(execFile)

const TEMPLATE = fileURLToPath(new URL('../../templates/echo', import.meta.url))
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))
const BRANCHES = ['main', 'v2', 'crashes', 'crashes-late', 'deaf', 'broken-build', 'slow-stop']

let scratch: string
let repo: string
let sandbox: Sandbox
const started: ChildProcess[] = []

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tbs-echo-'))
  repo = join(scratch, 'repo')
  const made = await makeEchoRepo(repo, { template: TEMPLATE })
  expect(made).toEqual({ url: `file://${repo}`, branches: BRANCHES })
  await Promise.all(BRANCHES.map((branch) => run('git', ['clone', '-q', '-b', branch, made.url, folder(branch)])))
  await Promise.all(BRANCHES.map((branch) => symlink(MODULES, join(folder(branch), 'node_modules'))))
  sandbox = await openSandbox()
  sandbox.addPerson({ id: 1, name: 'Ann' })
})

afterEach(async () => {
  for (const bot of started.splice(0)) await end(bot, 'SIGKILL')
})

afterAll(async () => {
  await sandbox.close()
  await rm(scratch, { recursive: true, force: true })
})

describe('the repository', () => {
  test('has the branches, each one commit after main, and stands on main', async () => {
    expect((await git('branch', '--format', '%(refname:short)')).split('\n').sort()).toEqual([...BRANCHES].sort())
    expect(await git('branch', '--show-current')).toBe('main')
    expect(await git('status', '--porcelain')).toBe('')
    for (const branch of BRANCHES.slice(1)) expect(await git('rev-list', '--count', `main..${branch}`)).toBe('1')
  })

  test.each([
    ['v2', ['bot.js']],
    ['crashes', ['bot.js']],
    ['crashes-late', ['bot.js']],
    ['deaf', ['bot.js']],
    ['broken-build', ['build.js', 'package.json']],
    ['slow-stop', ['bot.js']],
  ])('%s differs from main in %j', async (branch, files) => {
    expect((await git('diff', '--name-only', `main..${branch}`)).split('\n')).toEqual(files)
  })

  test('main is the template', async () => {
    expect(await readFile(join(folder('main'), 'bot.js'), 'utf8')).toBe(
      await readFile(join(TEMPLATE, 'bot.js'), 'utf8'),
    )
    expect(await git('ls-tree', '-r', '--name-only', 'main')).not.toMatch(/node_modules|^\.env$/m)
  })

  test.each(BRANCHES)('%s is JavaScript', async (branch) => {
    await run(process.execPath, ['--check', join(folder(branch), 'bot.js')])
  })

  test('the lockfile names no registry', async () => {
    expect(await readFile(join(TEMPLATE, 'package-lock.json'), 'utf8')).not.toMatch(
      /"resolved"|https?:\/\/(?!.*sponsor)/,
    )
  })
})

describe('making it again', () => {
  test('gives the same commits, and leaves what is there alone', async () => {
    const other = join(scratch, 'other')
    await makeEchoRepo(other, { template: TEMPLATE })
    expect(await git('rev-parse', ...BRANCHES)).toBe(await gitIn(other, 'rev-parse', ...BRANCHES))
    await writeFile(join(other, 'mine.txt'), 'kept')
    await makeEchoRepo(other, { template: TEMPLATE })
    expect(await readFile(join(other, 'mine.txt'), 'utf8')).toBe('kept')
  })

  test('makes it anew of another template', async () => {
    const [template, other] = [join(scratch, 'template'), join(scratch, 'changed')]
    await cp(TEMPLATE, template, { recursive: true })
    await makeEchoRepo(other, { template })
    await writeFile(join(template, 'new.txt'), 'new')
    await makeEchoRepo(other, { template })
    expect(await gitIn(other, 'show', 'v2:new.txt')).toBe('new')
  })

  test('makes it anew where an end in between left half of one', async () => {
    const other = join(scratch, 'half')
    await mkdir(`${other}.new`, { recursive: true })
    await writeFile(join(`${other}.new`, 'rest.txt'), '')
    await makeEchoRepo(other, { template: TEMPLATE })
    expect(await gitIn(other, 'ls-tree', '-r', '--name-only', 'main')).not.toContain('rest.txt')
  })

  test('refuses a directory with something else in it', async () => {
    const other = join(scratch, 'foreign')
    await mkdir(other)
    await writeFile(join(other, 'thesis.txt'), 'x')
    await expect(makeEchoRepo(other, { template: TEMPLATE })).rejects.toThrow('was not made by the demo')
    expect(await readFile(join(other, 'thesis.txt'), 'utf8')).toBe('x')
  })

  test('says so if the template has lost what a branch changes', async () => {
    const template = join(scratch, 'lost')
    await cp(TEMPLATE, template, { recursive: true })
    await writeFile(join(template, 'bot.js'), 'other')
    await expect(makeEchoRepo(join(scratch, 'never'), { template })).rejects.toThrow(/bot\.js of the template/)
  })
})

describe('the bots', () => {
  test.each([
    ['main', 'echo: hi', '1.0.0'],
    ['v2', 'echo v2: hi', '2.0.0'],
    ['slow-stop', 'echo: hi', '1.0.0'],
    ['broken-build', 'echo: hi', '1.0.0'],
  ])('%s answers', async (branch, answer, version) => {
    const bot = start(branch)
    sandbox.say(1, bot.username, '/start')
    sandbox.say(1, bot.username, 'hi')
    await answered(bot, answer)
    expect(texts(bot).find((text) => text.startsWith('Hello'))).toContain(version)
  })

  test('main ends at SIGTERM with code 0 and what it answered confirmed', async () => {
    const bot = start('main')
    sandbox.say(1, bot.username, 'hi')
    await answered(bot, 'echo: hi')
    const asked = performance.now()
    expect(await end(bot.process, 'SIGTERM')).toBe(0)
    expect(performance.now() - asked).toBeLessThan(1500)
    expect(sandbox.pending(bot.id)).toBe(0)
  })

  test('main ends at SIGTERM as soon when Telegram is away', async () => {
    const bot = start('main')
    const back = sandbox.fail({ method: 'getUpdates', reset: true })
    await sandbox.waitFor((s) => s.calls.some((call) => call.bot === bot.id && call.method === 'getUpdates'))
    const asked = performance.now()
    expect(await end(bot.process, 'SIGTERM')).toBe(0)
    expect(performance.now() - asked).toBeLessThan(1500)
    back()
  })

  test('an update that cannot be answered is logged and the next one answered', async () => {
    const bot = start('main')
    const back = sandbox.fail({ method: 'sendMessage', status: 400, times: 1 })
    sandbox.say(1, bot.username, 'first')
    sandbox.say(1, bot.username, 'second')
    await answered(bot, 'echo: second')
    back()
    await end(bot.process, 'SIGTERM')
    expect(bot.output()).toMatch(/Update \d+ failed: 400/)
  })

  test.each([
    ['without a token', {}, /^BOT_TOKEN is not set\. .*\n$/],
    ['with a wrong one', { BOT_TOKEN: '123:wrong' }, /^The bot cannot run: 40[14].*\n$/],
    [
      'without Telegram',
      { BOT_TOKEN: '123:secret', TELEGRAM_API_ROOT: 'http://127.0.0.1:1' },
      /^The bot cannot run: .*\n$/,
    ],
  ])('main %s ends with code 1 and one line', async (_what, env, line) => {
    const bot = spawnBot('main', { TELEGRAM_API_ROOT: sandbox.apiRoot, ...env })
    expect(await exitOf(bot.process)).toBe(1)
    expect(bot.output()).toMatch(line)
    expect(bot.output()).not.toContain('secret')
  })

  test('crashes ends at once with a stack trace', async () => {
    const bot = start('crashes')
    expect(await exitOf(bot.process)).toBe(1)
    expect(bot.output()).toMatch(/Error: settings\.json has no greeting\n +at loadSettings/)
  })

  test('crashes-late answers, and ends nine seconds after it began', async () => {
    const bot = start('crashes-late')
    sandbox.say(1, bot.username, 'hi')
    await answered(bot, 'echo: hi')
    const answeredAt = performance.now()
    expect(await exitOf(bot.process)).toBe(1)
    expect(performance.now() - answeredAt).toBeGreaterThan(8000)
    expect(performance.now() - answeredAt).toBeLessThan(9500)
    expect(bot.output()).toMatch(/Error: The connection to the database was lost\n +at/)
  })

  test('deaf introduces itself, never asks for updates and stays', async () => {
    const bot = start('deaf')
    sandbox.say(1, bot.username, 'hi')
    await sandbox.waitFor((s) => s.calls.some((call) => call.bot === bot.id && call.method === 'getMe'))
    const exited = await Promise.race([exitOf(bot.process), new Promise((done) => setTimeout(done, 2000, 'stays'))])
    expect(exited).toBe('stays')
    expect(sandbox.calls.filter((call) => call.bot === bot.id).map(({ method }) => method)).toEqual(['getMe'])
    expect(sandbox.pending(bot.id)).toBe(1)
    expect(await end(bot.process, 'SIGTERM')).toBe(0)
  })

  test('slow-stop hears SIGTERM and goes on', async () => {
    const bot = start('slow-stop')
    sandbox.say(1, bot.username, 'one')
    await answered(bot, 'echo: one')
    bot.process.kill('SIGTERM')
    await once(bot.process.stdout ?? bot.process, 'data')
    sandbox.say(1, bot.username, 'two')
    await answered(bot, 'echo: two')
    expect(bot.process.exitCode).toBeNull()
  })

  test('broken-build fails to build with the lines of a compiler', async () => {
    const build = run('npm', ['run', 'build'], { cwd: folder('broken-build') })
    const error = await build.then(
      () => undefined,
      (thrown: { code: number; stderr: string }) => thrown,
    )
    expect(error).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/src\/answers\.ts:14:9 - error TS2322: .*\n/),
    })
    expect(error?.stderr.split('\n').length).toBeGreaterThan(8)
  })
})

const folder = (branch: string): string => join(scratch, 'branches', branch)

const gitIn = async (directory: string, ...args: string[]): Promise<string> =>
  (await run('git', args, { cwd: directory })).stdout.trim()

const git = (...args: string[]): Promise<string> => gitIn(repo, ...args)

type Spawned = { process: ChildProcess; output: () => string }
type Bot = Spawned & { id: number; username: string }

let bots = 0

/** A branch's bot as a process, with a bot of its own in the sandbox. */
const start = (branch: string): Bot => {
  const { id, username, token } = sandbox.addBot({ username: `echo_${bots++}_bot` })
  return { id, username, ...spawnBot(branch, { BOT_TOKEN: token, TELEGRAM_API_ROOT: sandbox.apiRoot }) }
}

const spawnBot = (branch: string, env: Record<string, string>): Spawned => {
  const child = spawn(process.execPath, ['bot.js'], { cwd: folder(branch), env, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(String(chunk)))
  started.push(child)
  return { process: child, output: () => printed.join('') }
}

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  return child.exitCode
}

const end = (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
  const exited = exitOf(child)
  child.kill(signal)
  return exited
}

const texts = (bot: Bot): string[] =>
  sandbox
    .conversation(bot.username, 1)
    .filter(({ from }) => from.is_bot)
    .map(({ text }) => text)

const answered = (bot: Bot, answer: string) =>
  sandbox.waitFor(() => texts(bot).includes(answer), { what: bot.output() })
