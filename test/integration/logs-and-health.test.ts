import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { askHealth } from '../../deploy-engine/container/ask-health.ts'
import { botStatus, currentIncidents, type OpenEngine, openEngine } from '../../deploy-engine/index.ts'
import { chatTables } from '../../manager-bot/chat/records/tables.ts'
import { engineSettings, readConfig } from '../../manager-bot/config.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { quietLog } from '../helpers/engine.ts'
import { eventually } from '../helpers/eventually.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { LAUNCHER } from '../helpers/launcher.ts'

const PASSWORD = 'hunter22-hunter22'

/** It prints what it hears, with its password, and is as well as it was told to be. */
const BOT = `
import { createServer } from 'node:http'
import { createServer as listen } from 'node:net'
const root = process.env.TELEGRAM_API_ROOT + '/bot' + process.env.BOT_TOKEN
let status = 200
createServer((_, answer) => {
  answer.statusCode = status
  answer.end(status === 200 ? 'ok' : 'no database')
}).listen(8080)
listen(() => {}).listen(8081)
listen((socket) => socket.end('SSH-2.0')).listen(8082)
process.on('SIGTERM', () => process.exit(0))
console.log('VERSION begins')
const call = async (method, query) => (await (await fetch(root + '/' + method + '?' + query)).json()).result ?? []
for (let offset = 0; ; ) {
  for (const update of await call('getUpdates', 'timeout=20&offset=' + offset)) {
    offset = update.update_id + 1
    const text = update.message?.text
    if (text === 'be ill') status = 503
    if (text !== 'tick') console.log('heard ' + text, process.env.PASSWORD)
  }
}
`

const files = (version: string) => ({
  'package.json': JSON.stringify({ name: 'b', private: true, type: 'module', scripts: { start: 'node bot.js' } }),
  'bot.js': BOT.replace('VERSION', version),
  'tbs.yaml': [
    'gate: { ready: 15s, stable: 1s }',
    'health: { http: "http://localhost:8080/healthz", every: 10s }',
    '',
  ].join('\n'),
})

let here: Installation
let repo: GitRepo
let bot: SandboxBot
let opened: OpenEngine

beforeAll(async () => {
  here = await installation()
  await here.start()
  repo = await here.repo('my-bot')
  await repo.commit('main', files('one'), 'one')
  bot = await here.addBot('my-bot', repo)
  opened = await openEngine(engineSettings(readConfig(here.env)), { log: quietLog, ...chatTables })
  const asked = here.say('/secret my-bot PASSWORD')
  await here.reads(/value/i, { after: asked })
  await here.reads(/PASSWORD/, { after: here.say(PASSWORD) })
  await deploy()
})

afterAll(async () => {
  await opened.close()
  await here.close()
})

const deploy = async () => {
  const asked = here.say('/deploy my-bot')
  const ticking = setInterval(() => here.sandbox.say(OWNER, bot.username, 'tick'), 500)
  await here.reads(/is live/, { after: asked, timeout: 120_000 }).finally(() => clearInterval(ticking))
}

const tell = (text: string) => here.sandbox.say(OWNER, bot.username, text)

test('in the chat the log is followed until Stop is pressed, without secrets', async () => {
  const asked = here.say('/logs my-bot --follow')
  await here.reads(/my-bot — live/, { after: asked })
  tell('hello')
  const live = await here.reads(/my-bot — live[\s\S]*heard hello \[secret\]$/, { after: asked })
  await here.sandbox.press(OWNER, here.manager.username, live.message_id, 'Stop')
  const ended = await here.reads(/my-bot — followed for \d+.* s\n[\s\S]*heard hello \[secret\]$/, { after: asked })
  expect(ended.message_id).toBe(live.message_id)
})

test('in the terminal it is until Ctrl-C', async () => {
  const door = spawn(process.execPath, [LAUNCHER, 'logs', 'my-bot', '--follow'], { env: here.env })
  const printed: string[] = []
  door.stdout.on('data', (chunk) => printed.push(String(chunk)))
  await eventually(() => expect(printed.join('')).toContain('one begins\n'))
  tell('terminal')
  await eventually(() => expect(printed.join('')).toContain('heard terminal [secret]\n'))
  door.kill('SIGINT')
  expect(await once(door, 'exit')).toEqual([0, null])
})

test('what a version printed is there when its container is gone', async () => {
  await repo.commit('main', files('two'), 'two')
  await deploy()
  const { code, output } = await here.terminal(['logs', 'my-bot', '100'])
  expect(code).toBe(0)
  expect(output).toMatch(/— v1, .* —\none begins\n[\s\S]*heard hello \[secret\]\n[\s\S]*— v2, .* —\ntwo begins/)
  const directory = join(here.dataDir, 'logs', 'my-bot')
  const kept = (await readdir(directory)).filter((name) => name.startsWith('bot-'))
  expect(kept).toEqual([expect.stringMatching(/^bot-\d+-v1-[0-9a-f]{12}\.log$/)])
  const path = join(directory, kept[0] ?? '')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const text = await readFile(path, 'utf8')
  expect(text).toMatch(/^\d{4}-\S+Z one begins\n/)
  expect(text).not.toContain(PASSWORD)
})

test('a bot is asked for its health in its own network, and by commands inside it', async () => {
  const { engine } = opened
  const container = (await botStatus(engine, 'my-bot')).release?.containerId ?? ''
  const signal = new AbortController().signal
  const http = async (address: string) =>
    askHealth(engine, { bot: 'my-bot', container, plan: { http: address, everySeconds: 10 }, hidden: [] }, signal)
  const command = async (...words: string[]) =>
    askHealth(engine, { bot: 'my-bot', container, plan: { command: words, everySeconds: 10 }, hidden: [] }, signal)
  expect(await http('http://localhost:8080/')).toEqual({ ok: true, found: 'http://localhost:8080/ answered 200' })
  expect(await http('http://127.0.0.1:8083/')).toEqual({
    ok: false,
    found: 'http://127.0.0.1:8083/ can’t be reached: Connection refused',
  })
  expect(await http('http://localhost:8081/')).toEqual({
    ok: false,
    found: 'http://localhost:8081/ gave no answer within 5 s',
  })
  expect(await http('http://localhost:8082/')).toEqual({
    ok: false,
    found: 'http://localhost:8082/ answered something that is not HTTP',
  })
  expect(await command('node', '-e', '')).toMatchObject({ ok: true })
  expect(await command('/bin/sh', '-c', 'echo broken; exit 3')).toEqual({
    ok: false,
    found: '“echo broken; exit 3” exited with code 3: “broken”',
  })
  expect(await command('no-such-program')).toMatchObject({ ok: false, found: expect.stringContaining('not found') })
})

test('/health asks all of it, in the chat and in the terminal', async () => {
  const asked = here.say('/health my-bot')
  const { text } = await here.reads(/^my-bot — live/, { after: asked })
  expect(text.split('\n')).toEqual([
    'my-bot — live',
    expect.stringMatching(/^✓ Container: up .*, v2 · now$/),
    expect.stringMatching(/^✓ Polling: a request to the Bot API has been open for [\d.]+ s · now$/),
    expect.stringMatching(/^· Last proof: .* (now|ago)$/),
    '✓ Waiting updates: 0 · now',
    expect.stringMatching(/^✓ Taking updates: (idle|working), (took an update|was connected .*) \d+ s ago · now$/),
    expect.stringMatching(/^✓ Memory: \d+ MB of 512 MB.* · now$/),
    expect.stringMatching(/^· Processor: [\d.]+ % of a core.* · now$/),
    '✓ Health check: http://localhost:8080/healthz answered 200 · now',
    '✓ Incidents: none · now',
  ])
  const { output } = await here.terminal(['health', '--json'])
  expect(JSON.parse(output)).toMatchObject({
    bots: [{ name: 'my-bot', state: 'live' }],
    host: { docker: { version: expect.stringMatching(/^\d+\./) } },
    manager: { running: true, redis: 'up', since: expect.any(Number) },
  })
  const status = await here.terminal(['status', 'my-bot'])
  expect(status.output).toMatch(/No updates wait/)
  expect(status.output).toMatch(/Deployed just now by Olga · #2/)
})

test('a bot that is ill becomes an incident', async () => {
  tell('be ill')
  const found = await vi.waitFor(
    async () => {
      const [view] = await currentIncidents(opened.engine)
      if (!view) throw new Error('no incident yet')
      return view.incident
    },
    { timeout: 120_000, interval: 500 },
  )
  expect(found).toMatchObject({
    kind: 'unhealthy',
    detail: {
      release: 2,
      found: 'Its health check fails: http://localhost:8080/healthz answered 503: “no database”',
    },
  })
})
