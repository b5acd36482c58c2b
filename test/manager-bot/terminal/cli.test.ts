import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openRedis } from '../../../manager-bot/redis.ts'
import { forTerminal, report } from '../../../manager-bot/terminal/report.ts'
import { quietLog } from '../../helpers/engine.ts'
import { SOURCES } from '../../helpers/launcher.ts'
import { type InstallationBench, installationBench } from '../installation-bench.ts'

const PATIENCE = { timeout: 15_000 }
let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

const addEcho = async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  return bench.run(['addbot', 'echo-bot', 'file:///nowhere', 'main'], `${token}\n`)
}

test.each(['--help', 'healthcheck'])(
  '%s loads neither database nor Docker client, which makes it fast',
  async (verb) => {
    const sources = await installationBench({ launcher: SOURCES })
    onTestFinished(() => sources.close())
    const list = "process.on('exit', () => console.error(Object.keys(require('module')._cache).join('\\n')))"
    const preload = join(sources.dataDir, '..', 'list.cjs')
    await writeFile(preload, list)
    sources.environment.NODE_OPTIONS = `--require ${preload}`
    const { err } = await sources.run([verb])
    expect(err).toContain('commander')
    for (const heavy of ['typeorm', 'sqlite3', 'dockerode', 'ssh2', 'telegraf', 'bullmq']) {
      expect(err.split('\n').filter((path) => path.includes(`node_modules/${heavy}/`))).toEqual([])
    }
    expect(err.split('\n').filter((path) => path.endsWith('.node'))).toEqual([])
  },
)

test('--help lists the verbs', async () => {
  const { out } = await bench.run(['--help'])
  expect(out).toContain('deploy')
  expect(out).toContain('demo')
})

test('addbot reads the token from standard input and never shows it', async () => {
  const added = await addEcho()
  expect(added).toMatchObject({ code: 0, err: '' })
  expect(added.out).toContain('echo-bot is registered as @echo_bot.')
  expect(added.out).toContain('Then: tbs-manager deploy echo-bot')
  const again = await addEcho()
  expect(again.code).toBe(1)
  expect(again.err).toContain(
    'There is a bot named echo-bot already\nSee tbs-manager status echo-bot, or choose another name',
  )
  const empty = await bench.run(['addbot', 'other', 'file:///nowhere'])
  expect(empty).toMatchObject({ code: 1, err: expect.stringContaining('No token came on standard input') })
})

test('reading verbs need no manager; --json is for scripts', async () => {
  await addEcho()
  expect((await bench.run(['bots'])).out).toBe('echo-bot — not deployed\n')
  const { out } = await bench.run(['bots', '--json'])
  expect(JSON.parse(out)).toMatchObject([{ name: 'echo-bot', state: 'not deployed', branch: 'main' }])
  const missing = await bench.run(['status', 'nope', '--json'])
  expect(missing.code).toBe(1)
  expect(JSON.parse(missing.out).error).toMatchObject({ code: 'unknown_bot', hint: 'The bots are: echo-bot' })
  expect(await bench.run(['deploy'])).toMatchObject({ code: 1, out: 'Which bot?\ntbs-manager deploy echo-bot\n' })
})

test.each([
  [['deplyo'], 'Did you mean deploy?'],
  [['bots', 'extra'], 'too many arguments'],
  [['deploy', 'Echo'], 'bot: a bot name is 2 to 31'],
  [['logs', 'echo-bot', '--since', 'never'], 'since: a time such as'],
])('%j: exit 1 and why', async (args, why) => {
  const { code, err } = await bench.run(args)
  expect(code).toBe(1)
  expect(err).toContain(why)
})

test('without a manager an acting verb is written down and exits 3', async () => {
  await addEcho()
  const first = await bench.run(['deploy', 'echo-bot'])
  expect(first.code).toBe(3)
  expect(first.err).toContain(
    'queued as #1, but no manager is running\nIt is carried out when a manager starts: tbs-manager serve',
  )
  const second = await bench.run(['deploy', 'echo-bot', '--json'])
  expect(second.code).toBe(3)
  expect(JSON.parse(second.out)).toMatchObject({ operation: 2, error: { code: 'unattended' } })
})

test('with a manager it is followed to its end; exit 0 only on success', async () => {
  await bench.serve()
  await addEcho()
  const { code, out } = await bench.run(['deploy', 'echo-bot'])
  expect(code).toBe(1)
  expect(out).toMatch(/^Queued as #1\n✗ Fetch the source .*does not appear to be a git repository\n/)
  expect(out).toContain('Not deployed: ')
  expect(out).toContain('No version of echo-bot runs.')
  const json = await bench.run(['deploy', 'echo-bot', '--json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.out)).toMatchObject({
    operation: 2,
    state: 'failed',
    steps: [{ name: 'fetch', state: 'failed' }],
  })
})

describe('while nobody carries it out', () => {
  let stopRedis: () => Promise<void>

  // A heartbeat and a queue, and no manager behind them.
  beforeEach(async () => {
    const { dataDir, instance } = bench
    await mkdir(dataDir, { recursive: true })
    const redis = await openRedis({ dataDir, instance, redisUrl: undefined, searchPath: process.env.PATH }, quietLog)
    stopRedis = redis.close
    await addEcho()
    await writeFile(join(dataDir, 'heartbeat'), '')
  })

  afterEach(() => stopRedis())

  test('Ctrl-C leaves the operation and says how to cancel it', async () => {
    const program = bench.begin('deploy', 'echo-bot')
    await vi.waitFor(() => expect(program.out()).toContain('Queued as #1'), PATIENCE)
    program.process.kill('SIGINT')
    const { code, err } = await program.ended
    expect(code).toBe(130)
    expect(err).toContain('#1 goes on. To stop it: tbs-manager cancel echo-bot')
    expect((await bench.run(['cancel', 'echo-bot'])).out).toContain('#1 of echo-bot is cancelled')
  })

  test('a manager that stops meanwhile is noticed', async () => {
    const program = bench.begin('deploy', 'echo-bot')
    await vi.waitFor(() => expect(program.out()).toContain('Queued as #1'), PATIENCE)
    await utimes(join(bench.dataDir, 'heartbeat'), 1, 1)
    const { code, err } = await program.ended
    expect(code).toBe(3)
    expect(err).toContain('the manager has stopped; #1 is settled when it starts again')
  })
})

describe('healthcheck', () => {
  test('with a manager that is well it ends with 0 and says nothing', async () => {
    await bench.serve()
    expect(await bench.run(['healthcheck'])).toEqual({ code: 0, out: '', err: '' })
  })

  test.each([
    ['no manager', undefined],
    ['a manager without a heartbeat for 11 s', -11],
    ['a heartbeat of the far future', 3600],
  ])('with %s it ends with 1 and a line that says why', async (_, age) => {
    if (age !== undefined) {
      await mkdir(bench.dataDir, { recursive: true })
      const file = join(bench.dataDir, 'heartbeat')
      await writeFile(file, '')
      const at = Date.now() / 1000 + age
      await utimes(file, at, at)
    }
    expect(await bench.run(['healthcheck'])).toEqual({
      code: 1,
      out: '',
      err: `tbs-manager: no manager has had a heartbeat in ${bench.dataDir} for 10 s\n`,
    })
  })
})

test('a bug is told with its stack, and without the token that may be in it', async () => {
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const bug = new Error(`request to https://api.telegram.org/bot${bench.manager.token}/getMe failed`)
  expect(await report(bug, { json: false })).toBe(70)
  const text = printed.mock.calls.join('')
  printed.mockRestore()
  expect(text).toContain('/bot[token]/getMe failed\n    at ')
})

test('hints name commands as the terminal has them', () => {
  expect(forTerminal('See /bots, or /deploy echo-bot main (/help)')).toBe(
    'See tbs-manager bots, or tbs-manager deploy echo-bot main (tbs-manager --help)',
  )
  expect(forTerminal('file:///deploy/x and /deployed')).toBe('file:///deploy/x and /deployed')
})
