import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addBot, recover, requestOperation, Secret } from '../../deploy-engine/index.ts'
import { type Incident, IncidentSchema, noteSign } from '../../deploy-engine/records/incident.ts'
import { ReleaseSchema } from '../../deploy-engine/records/release.ts'
import { type Judged, judgeLiveness } from '../../deploy-engine/watch/liveness/judge-liveness.ts'
import { type Look, takeLook } from '../../deploy-engine/watch/liveness/look.ts'
import { docker } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { gitRepo } from '../helpers/git-repo.ts'
import { telegramTls } from '../helpers/tls-front.ts'

// faults.md, row 22, as the kernel tells it: what a bot does with an update that it does not come back from. How long
// that may take is in test/long/deaf.test.ts.

const IMAGE = 'node:24-bookworm-slim'

/** Never answers but on the last port, where it says what it hears. */
const model = ({ cert, key }: { cert: string; key: string }) => `
require('node:http').createServer(() => {}).listen(8081)
require('node:https').createServer(${JSON.stringify({ cert, key })}, () => {}).listen(8443)
require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(9000)
`

const bot = (handler: string) => `
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
const root = process.env.TELEGRAM_API_ROOT + '/bot' + process.env.BOT_TOKEN
const { MODEL } = process.env
const call = async (method, query = '') => (await (await fetch(root + '/' + method + '?' + query)).json()).result ?? []
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const forEver = () => new Promise(() => setInterval(() => {}, 60_000))
await call('getMe')
const pool = require('node:net').connect(9000, MODEL).on('data', () => {})
setInterval(() => pool.write('still there?'), 1_000)
for (let offset = 0; ; ) {
  for (const { update_id } of await call('getUpdates', 'timeout=25&offset=' + offset)) {
    offset = update_id + 1
    ${handler}
  }
}
`

const HANDLERS = {
  hangs: 'await forEver()',
  waits: "await fetch('http://' + MODEL + ':8081')",
  'waits by TLS': "await fetch('https://' + MODEL + ':8443')",
  calls: "for (;;) { await call('getMe'); await rest(1_000) }",
  'calls seldom': "for (;;) { await call('getMe'); await rest(9_000) }",
  computes: 'for (const end = Date.now() + 20_000; Date.now() < end; ) {}; await forEver()',
} as const

let bench: Workbench
let server: Container

beforeAll(async () => {
  bench = await workbench()
  bench.sandbox.addPerson({ id: 1001, name: 'Olga' })
  server = await run(['--eval', model(await telegramTls())])
})

afterAll(() => bench.close())

const run = async (args: string[], env: string[] = []): Promise<Container> => {
  const container = await docker.createContainer({
    Image: IMAGE,
    Cmd: ['node', ...args],
    Env: env,
    Labels: { 'tbs.instance': bench.settings.instance },
    HostConfig: { Init: true, ExtraHosts: ['host.docker.internal:host-gateway'] },
  })
  await container.start()
  return container
}

const addressOf = async (container: Container): Promise<string> =>
  (await container.inspect()).NetworkSettings.Networks.bridge?.IPAddress ?? ''

type Shown = { before: Look; judged: Judged; address: string; first: number; last: number }

/** Looks at it while nothing waits, writes to it, and looks on for twenty seconds. */
const shows = async (handler: string): Promise<Shown> => {
  const { engine, sandbox, settings } = bench
  const { token, username } = sandbox.addBot({ username: `deaf_${randomBytes(4).toString('hex')}_bot` })
  const address = await addressOf(server)
  const env = [`BOT_TOKEN=${token}`, `TELEGRAM_API_ROOT=${settings.botsApiRoot}`, `MODEL=${address}`]
  const { id } = await run(['--input-type=commonjs', '--eval', `(async () => {${bot(handler)}})()`], env)
  const looks: Look[] = []
  const look = async () => {
    const looked = { bot: 'my-bot', id: 0, container: id, token: new Secret(token) }
    const seen = await takeLook(engine, looked, { network: true, usage: true }, new AbortController().signal)
    looks.push(seen)
    return seen
  }
  await sleep(3_000)
  await look()
  await sleep(3_000)
  const before = await look()
  sandbox.say(1001, username, 'hello')
  await sleep(1_000)
  const first = (await look()).at
  for (let count = 0; count < 4; count++) {
    await sleep(4_000)
    await look()
  }
  const judged = judgeLiveness(looks, { polled: true })
  if (!judged) throw new Error('nothing was seen')
  return { before, judged, address, first, last: looks.at(-1)?.at ?? 0 }
}

const SILENCE_MS = 190_000
const PATIENCE_MS = 600_000

describe.concurrent('while an update waits, a bot that', () => {
  // On a busy machine the pool's answers are late now and then, as if they were waited for.
  test('hangs shows nothing, also if it has a pool with a heartbeat', { retry: 2 }, async () => {
    const { before, judged, address, first } = await shows(HANDLERS.hangs)
    expect(before).toMatchObject({ pending: 0, network: { others: [{ to: `${address}:9000` }] } })
    expect(before.network?.api.some(({ waitsMs }) => waitsMs !== undefined)).toBe(true)
    expect(judged).toMatchObject({ waiting: 1, silentSince: first, deafAt: first + SILENCE_MS })
    expect(judged.sign).toBeUndefined()
  })

  test('waits for an answer of somebody else is seen to', async () => {
    const { judged, address, last } = await shows(HANDLERS.waits)
    expect(judged.sign).toEqual({ at: last, what: `waited for an answer of ${address}:8081` })
    expect(judged.silentSince).toBe(last)
  })

  test('may wait for one by TLS gets more time', async () => {
    const { judged, first } = await shows(HANDLERS['waits by TLS'])
    expect(judged.deafAt).toBe((judged.silentSince ?? 0) + PATIENCE_MS)
    expect(judged.silentSince).toBeGreaterThanOrEqual(first)
  })

  test('calls the Bot API is seen to, on a connection that stands and on others that it closes', async () => {
    const [often, seldom] = await Promise.all([shows(HANDLERS.calls), shows(HANDLERS['calls seldom'])])
    expect(often.judged.sign?.what).toMatch(/Bot API/)
    expect(often.judged.silentSince).toBeGreaterThanOrEqual(often.last - 5_000)
    expect(seldom.judged.silentSince).toBeGreaterThan(seldom.first + 5_000)
  })

  test('computes is seen to', async () => {
    const { judged, last } = await shows(HANDLERS.computes)
    expect(judged.sign?.what).toMatch(/^used \d+ % of a core$/)
    expect(judged.silentSince).toBeGreaterThanOrEqual(last - 12_000)
  })
})

test('a restart that a killed manager was about to make is made by the next one, in the same container', async () => {
  const { engine, sandbox, directory } = bench
  const repo = await gitRepo(join(directory, 'my-bot'))
  await repo.commit('main', { ...fixtureBot({ says: 'x' }), 'tbs.yaml': 'gate: { ready: 20s, stable: 1s }\n' })
  const { token, username } = sandbox.addBot({ username: 'deaf_restarted_bot' })
  const { id: botId } = await addBot(engine, { name: 'my-bot', repo: repo.url, token: new Secret(token) })
  const request = { bot: 'my-bot', kind: 'deploy' as const, args: {}, requestedBy: 'test' }
  const { operation } = await requestOperation(engine, request)
  const talking = setInterval(() => sandbox.say(1001, username, 'hello'), 500)
  expect(await bench.carryOut(operation).finally(() => clearInterval(talking))).toMatchObject({ state: 'succeeded' })

  const { containerId } = await engine.database.read.findOneByOrFail(ReleaseSchema, { botId, state: 'active' })
  const container = docker.getContainer(containerId ?? '')
  const before = await engine.docker.container(container.id)
  const restarting = { container: container.id, startedAt: before?.startedAt ?? 0 }
  const at = Date.now()
  const detail = { restartedAt: at, restarting }
  await engine.database.transaction((entities) =>
    noteSign(entities, { botId, kind: 'deaf', fingerprint: 'deaf', at, detail }),
  )
  // It was just about to be stopped, by a process that is gone.
  await container.stop({ t: 0 })
  await recover(engine)
  const after = await engine.docker.container(container.id)
  expect(after).toMatchObject({ running: true, restart: 'unless-stopped' })
  expect(after?.startedAt).toBeGreaterThan(restarting.startedAt)
  const [incident] = await engine.database.read.find<Incident>(IncidentSchema)
  expect(incident?.detail).toEqual({ restartedAt: at })
  await recover(engine)
  expect((await engine.docker.container(container.id))?.startedAt).toBe(after?.startedAt)
})
