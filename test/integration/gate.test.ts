import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerCreateOptions } from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passGate } from '../../deploy-engine/container/gate.ts'
import { Secret } from '../../deploy-engine/index.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'

const POLLS = `
const root = process.env.TELEGRAM_API_ROOT + '/bot' + process.env.BOT_TOKEN
const call = async (method, query = '') => (await (await fetch(root + '/' + method + '?' + query)).json()).result ?? []
await call('getMe')
for (let offset = 0; ; ) {
  for (const { update_id } of await call('getUpdates', 'timeout=50&offset=' + offset)) offset = update_id + 1
}
`
const DEAF = `
await fetch(process.env.TELEGRAM_API_ROOT + '/bot' + process.env.BOT_TOKEN + '/getMe')
setInterval(() => {}, 60_000)
`
const EATS_MEMORY = 'const kept = []; for (;;) kept.push(Buffer.alloc(1e6, 1))'
const SECOND = 1_000_000_000

let bench: Workbench

beforeAll(async () => {
  bench = await workbench()
  bench.sandbox.addPerson({ id: 1001, name: 'Olga' })
})

afterAll(() => bench.close())

type Candidate = { program: string; gate?: Gate; options?: Partial<ContainerCreateOptions>; at?: Workbench }
type Gate = { readySeconds: number; stableSeconds: number; command?: string[] }

const QUICK: Gate = { readySeconds: 6, stableSeconds: 1 }

/** Starts a program as a bot and lets it through the gate; `seconds` is how long that took. */
const through = async ({ program, gate = QUICK, options = {}, at = bench }: Candidate) => {
  const bot = at.sandbox.addBot({ username: `gate_${randomBytes(4).toString('hex')}_bot` })
  const container = await docker.createContainer({
    Image: 'node:24-bookworm-slim',
    Cmd: ['node', '--input-type=module', '--eval', program],
    Env: [`BOT_TOKEN=${bot.token}`, `TELEGRAM_API_ROOT=${at.settings.botsApiRoot}`],
    Labels: { 'tbs.instance': at.settings.instance },
    ...options,
    HostConfig: { Init: true, ExtraHosts: ['host.docker.internal:host-gateway'], ...options.HostConfig },
  })
  await container.start()
  const startedAt = Date.now()
  const candidate = {
    bot: 'my-bot',
    username: bot.username,
    container: container.id,
    token: new Secret(bot.token),
    gate,
  }
  const passing = passGate(at.engine, candidate, { say: async () => {}, signal: new AbortController().signal })
  passing.catch(() => undefined)
  const seconds = () => (Date.now() - startedAt) / 1000
  return { bot, container, seconds, passing }
}

const writeTo = ({ username }: SandboxBot) => bench.sandbox.say(1001, username, 'hello')

describe.concurrent('the gate', () => {
  test('calls a bot live to which nobody writes, by its open request', async () => {
    const { passing } = await through({ program: POLLS, gate: { readySeconds: 60, stableSeconds: 5 } })
    expect(await passing).toMatchObject({ proof: 'live', evidence: expect.stringContaining('open request') })
  })

  test('calls a deaf one unproven while nobody writes', async () => {
    const { passing } = await through({ program: DEAF, gate: { readySeconds: 25, stableSeconds: 1 } })
    expect(await passing).toMatchObject({ proof: 'unproven' })
  })

  test('calls a deaf one deaf 20 s after somebody wrote', async () => {
    const { passing, bot } = await through({ program: DEAF })
    writeTo(bot)
    await expect(passing).rejects.toMatchObject({ code: 'deaf' })
  })

  test('waits for a health check that says healthy late', async () => {
    const Test = ['CMD-SHELL', 'test -e /tmp/healthy']
    const { passing, seconds } = await through({
      program: `setTimeout(() => (await import('node:fs')).writeFileSync('/tmp/healthy', ''), 8_000);${POLLS}`.replace(
        '() =>',
        'async () =>',
      ),
      gate: { readySeconds: 60, stableSeconds: 1 },
      options: { Healthcheck: { Test, Interval: SECOND, Retries: 60 } },
    })
    expect(await passing).toMatchObject({ proof: 'live' })
    expect(seconds()).toBeGreaterThan(8)
  })

  test('fails one whose health check never says healthy, and one whose says unhealthy', async () => {
    const never = { Test: ['CMD', 'false'], Interval: SECOND, Retries: 1_000 }
    const unhealthy = { Test: ['CMD', 'false'], Interval: SECOND, Retries: 1 }
    const runs = [never, unhealthy].map((Healthcheck) => through({ program: POLLS, options: { Healthcheck } }))
    const [first, second] = await Promise.all(runs)
    await expect(first?.passing).rejects.toMatchObject({ code: 'not_healthy', message: /never said healthy/ })
    await expect(second?.passing).rejects.toMatchObject({ code: 'not_healthy', message: /health check fails/ })
  })

  test('gives up a gate command that hangs, and tells the last line of one that fails', async () => {
    const hangs = await through({ program: DEAF, gate: { ...QUICK, command: ['sleep', '600'] } })
    const fails = await through({
      program: DEAF,
      gate: { ...QUICK, command: ['sh', '-c', 'echo no database; exit 3'] },
    })
    await expect(hangs.passing).rejects.toMatchObject({ code: 'gate_command', message: /did not end within 6 s/ })
    await expect(fails.passing).rejects.toMatchObject({ message: /exited with code 3: no database/ })
  })

  test('notices an exit as it happens, also while it looks', async () => {
    for (const afterMs of [300, 4_300]) {
      const { passing, container } = await through({ program: `setTimeout(() => process.exit(3), ${afterMs})` })
      await expect(passing).rejects.toMatchObject({ code: 'exited', message: /code 3/ })
      const { State } = await container.inspect()
      expect(Date.now() - Date.parse(State.FinishedAt)).toBeLessThan(1_500)
    }
  })

  test('fails one that somebody restarts meanwhile', async () => {
    const { passing, container } = await through({ program: POLLS, gate: { readySeconds: 60, stableSeconds: 30 } })
    await sleep(1_000)
    await container.restart({ t: 0 })
    await expect(passing).rejects.toMatchObject({ code: expect.stringMatching(/^(restarted|exited)$/) })
  })

  test('names a lack of memory', async () => {
    const HostConfig = { Memory: 64e6, MemorySwap: 64e6 }
    const { passing } = await through({ program: EATS_MEMORY, options: { HostConfig } })
    await expect(passing).rejects.toMatchObject({ code: 'out_of_memory' })
  })

  test('blames nobody when Telegram does not answer', async () => {
    const at = await workbench()
    try {
      at.sandbox.fail({ method: 'getWebhookInfo', hang: true })
      const gate = { readySeconds: 3, stableSeconds: 1 }
      const { passing, seconds } = await through({ program: POLLS, gate, at })
      await expect(passing).rejects.toMatchObject({ code: 'telegram_unreachable', message: /Telegram is unreachable/ })
      // Sooner than the client of the Bot API gives up.
      expect(seconds()).toBeLessThan(10)
    } finally {
      await at.close()
    }
  })
})
