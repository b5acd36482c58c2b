import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { botDetail, checkUp, glances, hostNow, watchHealth, watchResources } from '../../../deploy-engine/index.ts'
import { noteSign } from '../../../deploy-engine/records/incident.ts'
import { observe } from '../../../deploy-engine/records/observation.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BEHAVIOUR_FILE, type Behaviour } from '../../helpers/memory-docker/behaviour.ts'
import { goAway } from '../../helpers/memory-docker/daemon.ts'
import { BOT, TOKEN } from '../../properties/world.ts'

const MIB = 1024 ** 2
const YAML = `gate: { ready: 20s, stable: 3s }\nhealth: { http: "http://localhost:8080/", every: 30s }\n`

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.close())

const engine = () => my.manager().engine

const deploy = (behaviour: Behaviour = {}) => {
  const more = { polls: true, health: 'passes', answers: { status: 200, body: '' }, ...behaviour }
  my.commit('good', { 'tbs.yaml': YAML, [BEHAVIOUR_FILE]: JSON.stringify(more) })
  return my.operate('deploy')
}

const check = () => my.until(checkUp(engine(), BOT))

describe('a check-up', () => {
  test('asks all there is, and says when', async () => {
    await deploy()
    await my.world.clock.pass(60_000)
    const began = my.world.clock.now()
    const found = await check()
    expect(found).toMatchObject({
      status: { state: 'live', release: { number: 1 } },
      waiting: { count: 0 },
      polling: { ok: true, found: expect.stringMatching(/^a request to the Bot API has been open for/) },
      proof: { evidence: 'waits for updates with an open request to the Bot API' },
      usage: { memoryBytes: 30 * MIB, memoryLimitBytes: 512 * MIB, cores: expect.closeTo(0.001, 4) },
      deployed: { id: 1, requestedBy: 'test' },
      checks: [
        { ok: true, found: 'http://localhost:8080/ answered 200' },
        { ok: true, found: 'the image’s HEALTHCHECK passes' },
      ],
      incidents: [],
    })
    for (const at of [found.polling?.at, found.usage?.at, found.checks[0]?.at]) expect(at).toBeGreaterThan(began)
    expect(found.checks[1]?.at).toBeLessThan(began)
    expect(found.proof?.at).toBeLessThan(began)
    expect(found.at - began).toBeLessThan(2_000)
  })

  test('tells what is wrong', async () => {
    await deploy({ polls: false, answers: { status: 500, body: 'broken' }, health: 'passes' })
    await my.world.clock.pass(10_000)
    my.world.telegram.say(TOKEN)
    await my.until(
      engine().database.transaction((entities) =>
        noteSign(entities, { botId: 1, kind: 'crash', fingerprint: 'x', at: 1, detail: {} }),
      ),
    )
    expect(await check()).toMatchObject({
      status: { state: 'unproven' },
      waiting: { count: 1 },
      polling: { ok: false, found: 'it has no connection to the Bot API' },
      checks: [{ ok: false, found: 'http://localhost:8080/ answered 500: “broken”' }, { ok: true }],
      incidents: [{ kind: 'crash' }],
    })
    expect(await check()).not.toHaveProperty('proof')
  })

  test('of a bot that does not run says what can be said', async () => {
    const never = await check()
    expect(never).toMatchObject({ status: { state: 'not deployed' }, waiting: { count: 0 }, checks: [] })
    await deploy()
    await my.operate('stop')
    my.world.telegram.say(TOKEN)
    const stopped = await check()
    expect(stopped).toMatchObject({ status: { state: 'stopped' }, waiting: { count: 1 }, checks: [] })
    for (const absent of ['usage', 'polling']) expect(stopped).not.toHaveProperty(absent)
  })

  test('with Telegram or Docker away says that', async () => {
    await deploy()
    my.world.telegram.down = true
    const found = await check()
    expect(found).toMatchObject({ status: { state: 'live' }, waiting: { problem: 'Telegram does not answer' } })
    goAway(my.world.daemon)
    await expect(check()).rejects.toMatchObject({ code: 'docker_unreachable' })
    await expect(my.until(botDetail(engine(), BOT))).rejects.toMatchObject({ code: 'docker_unreachable' })
    await expect(my.until(glances(engine()))).rejects.toMatchObject({ code: 'docker_unreachable' })
    expect(await my.until(hostNow(engine()))).toMatchObject({
      docker: { problem: expect.stringContaining('Docker does not answer') },
    })
  })
})

describe('a detail', () => {
  test('has what was measured last, and does not wait for what was not', async () => {
    await deploy()
    const fresh = await my.until(botDetail(engine(), BOT))
    expect(fresh.usage).toBeUndefined()
    expect(fresh.waiting).toEqual({ count: 0 })
    const stop = new AbortController()
    void watchResources(engine(), stop.signal)
    await my.world.clock.pass(150_000)
    const began = my.world.clock.now()
    const { usage } = await my.until(botDetail(engine(), BOT))
    expect(began - (usage?.at ?? 0)).toBeGreaterThan(10_000)
    expect(began - (usage?.at ?? 0)).toBeLessThan(121_000)
    stop.abort()
  })

  test('knows the most that was seen, and who deployed what runs', async () => {
    const { id } = await deploy()
    const failed = await deploy({ exits: 1 })
    expect(failed.state).toBe('failed')
    const { status } = await my.until(botDetail(engine(), BOT))
    const seen = { running: true, startedAt: 1, finishedAt: 0, restarts: 0 }
    const peaks = { peakMemoryBytes: 200 * MIB, peakCores: 0.8 }
    await my.until(
      engine().database.transaction((entities) =>
        observe(entities, { containerId: status.container?.id ?? '', botId: 1, ...seen, ...peaks }),
      ),
    )
    expect(await my.until(botDetail(engine(), BOT))).toMatchObject({
      peak: { memoryBytes: 200 * MIB, cores: 0.8 },
      deployed: { id },
    })
  })
})

test('all bots at a glance, as they were seen last', async () => {
  await deploy({ answers: { status: 500, body: '' } })
  const stop = new AbortController()
  void watchResources(engine(), stop.signal)
  void watchHealth(engine(), { enqueue: async (operation) => void my.manager().look(operation), signal: stop.signal })
  await my.world.clock.pass(150_000)
  expect(await my.until(glances(engine()))).toMatchObject([
    { status: { bot: { name: BOT } }, usage: { memoryBytes: 30 * MIB }, check: { ok: false }, incidents: [{}] },
  ])
  stop.abort()
})

test('the host', async () => {
  expect(await my.until(hostNow(engine()))).toMatchObject({
    disk: { totalBytes: 100 * 1024 * MIB },
    memory: { availableBytes: 4096 * MIB, totalBytes: 8192 * MIB },
    load: { average: 0.5, cores: 2 },
    docker: { version: '20.10.24' },
  })
})
