import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ASK_SCRIPT } from '../../../deploy-engine/container/ask-script.ts'
import {
  addBot,
  botStatus,
  currentIncidents,
  type Incident,
  requestOperation,
  Secret,
  setVariables,
  watchHealth,
} from '../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BEHAVIOUR_FILE, type Behaviour } from '../../helpers/memory-docker/behaviour.ts'
import type { Machine } from '../../helpers/memory-docker/daemon.ts'
import { BOT } from '../../properties/world.ts'

const GATE = 'gate: { ready: 20s, stable: 3s }\n'
const HEALTH = 'health: { http: "http://localhost:8080/healthz?key=abc", every: 30s }\n'
const HTTP = GATE + HEALTH
const WELL = { status: 200, body: 'ok' }
const ILL = { status: 503, body: 'no database' }

// Hours pass in them, which takes a while on a busy machine.

let my: MemoryBot
let stop: AbortController

beforeEach(async () => {
  my = await memoryBot()
  watch()
})

afterEach(async () => {
  stop.abort()
  await my.close()
})

const engine = () => my.manager().engine

const watch = () => {
  stop = new AbortController()
  void watchHealth(engine(), { enqueue: async (operation) => void my.manager().look(operation), signal: stop.signal })
}

const pass = (seconds: number) => my.world.clock.pass(seconds * 1000)

const deploy = async (tbsYaml: string, behaviour: Behaviour = {}): Promise<Machine> => {
  my.commit('good', { 'tbs.yaml': tbsYaml, [BEHAVIOUR_FILE]: JSON.stringify({ polls: true, ...behaviour }) })
  const { state, outcome } = await my.operate('deploy')
  if (state !== 'succeeded') throw new Error(JSON.stringify(outcome))
  return machine()
}

const machine = async (): Promise<Machine> => {
  const { release } = await my.until(botStatus(engine(), BOT))
  return my.world.daemon.machines.get(release?.containerId ?? '') as Machine
}

const incidents = async (): Promise<Incident[]> =>
  (await my.until(currentIncidents(engine()))).map(({ incident }) => incident)

const allIncidents = (): Promise<Incident[]> => my.until(engine().database.read.find<Incident>('incident'))

/** When bots were asked, by how long that takes in memory: 200 ms by HTTP. */
const countAsked = (onAsk = () => {}) => {
  const begun: number[] = []
  const { docker } = engine()
  const { runBeside } = docker
  vi.spyOn(docker, 'runBeside').mockImplementation((container, request, signal) => {
    if (request.command.includes(ASK_SCRIPT)) {
      begun.push(my.world.clock.now())
      onAsk()
    }
    return runBeside(container, request, signal)
  })
  return () => begun
}

const countCommands = (takesMs: number) => {
  const begun: number[] = []
  const { clock } = my.world.daemon
  const { sleep } = clock
  vi.spyOn(clock, 'sleep').mockImplementation((ms, signal) => {
    if (ms === takesMs) begun.push(clock.now())
    return sleep(ms, signal)
  })
  return () => begun
}

describe('by HTTP', () => {
  test('three failures in a row are an incident that says what was answered', async () => {
    const bot = await deploy(HTTP, { answers: WELL })
    await pass(120)
    expect(await incidents()).toEqual([])
    bot.answers = ILL
    await pass(60)
    expect(await incidents()).toEqual([])
    await pass(35)
    const found = 'Its health check fails: http://localhost:8080/healthz answered 503: “no database”'
    const detail = { release: 1, found, hint: expect.stringContaining('/restart my-bot') }
    expect(await incidents()).toMatchObject([{ kind: 'unhealthy', count: 3, detail }])
    expect(await machine()).toMatchObject({ id: bot.id, state: 'running' })
  })

  test('three passes in a row end it, two do not', async () => {
    const bot = await deploy(HTTP, { answers: WELL })
    bot.answers = ILL
    await pass(130)
    expect(await incidents()).toHaveLength(1)
    for (const answers of [WELL, WELL, ILL, WELL, WELL]) {
      bot.answers = answers
      await pass(30)
      expect(await incidents()).toHaveLength(1)
    }
    await pass(30)
    expect(await incidents()).toEqual([])
    const detail = { end: 'three health checks in a row passed' }
    expect(await allIncidents()).toMatchObject([{ state: 'ended', detail }])
  })

  test('one that lasts is told again every ten minutes, with what was found last, not each time', async () => {
    const told: number[] = []
    engine().changes.listen(({ incident }) => void (incident !== undefined && told.push(incident)))
    const bot = await deploy(HTTP, { answers: WELL })
    await pass(30)
    bot.answers = ILL
    await pass(300)
    expect(told).toHaveLength(1)
    delete bot.answers
    await pass(500)
    expect(told).toHaveLength(2)
    const [incident] = await incidents()
    expect(incident?.detail.found).toMatch(/localhost:8080\/healthz can’t be reached: Connection refused$/)
    expect(incident?.count).toBeGreaterThanOrEqual(20)
  })

  test('what is answered is shown without secrets, and not at length', async () => {
    await my.until(setVariables(engine(), BOT, { PASSWORD: new Secret('hunter22-hunter22') }))
    const bot = await deploy(HTTP, { answers: WELL })
    bot.answers = { status: 500, body: `hunter22-hunter22 is\n wrong ${'x'.repeat(500)}` }
    await pass(130)
    const found = (await incidents())[0]?.detail.found ?? ''
    expect(found).toContain('answered 500: “[secret] is wrong xxx')
    expect(found.length).toBeLessThan(300)
  })

  test('a bot that takes its time after its start is no incident', async () => {
    const bot = await deploy(`gate: { ready: 300s, stable: 3s }\n${HEALTH}`)
    await pass(200)
    expect(await incidents()).toEqual([])
    bot.answers = WELL
    await pass(200)
    expect(await incidents()).toEqual([])
    delete bot.answers
    await pass(100)
    expect(await incidents()).toHaveLength(1)
  })
})

describe('by a command', () => {
  const COMMAND = `${GATE}health: { command: "test -e /tmp/well", every: 10s }\n`

  const make = (bot: Machine, well: boolean) => {
    if (well) bot.files.set('/tmp/well', { name: 'well', content: Buffer.from(''), mode: 0o600, uid: 0, gid: 0 })
    else bot.files.delete('/tmp/well')
  }

  test('inside its container', async () => {
    const bot = await deploy(COMMAND)
    make(bot, true)
    await pass(60)
    expect(await incidents()).toEqual([])
    make(bot, false)
    await pass(35)
    const found = 'Its health check fails: “test -e /tmp/well” exited with code 1'
    expect(await incidents()).toMatchObject([{ detail: { found } }])
    make(bot, true)
    await pass(35)
    expect(await incidents()).toEqual([])
  })

  test('one that does not end is not begun a second time', async () => {
    await deploy(`${GATE}health: { command: sleep 500, every: 10s }\n`)
    const slept = vi.spyOn(my.world.daemon.clock, 'sleep')
    await pass(100)
    expect((await incidents())[0]?.detail.found).toMatch(/“sleep 500” has not ended for \d+ s$/)
    expect(slept.mock.calls.filter(([ms]) => ms === 500_000)).toHaveLength(1)
  })
})

describe('by the image’s HEALTHCHECK', () => {
  test('it is an incident as soon as Docker says unhealthy', async () => {
    const bot = await deploy(GATE, { health: 'passes' })
    await pass(60)
    expect(await incidents()).toEqual([])
    bot.health = 'unhealthy'
    bot.lastCheck = { at: 1, exitCode: 7, output: 'curl: (7) refused\n' }
    await pass(35)
    const found = expect.stringContaining('HEALTHCHECK fails with exit code 7: “curl: (7) refused”')
    expect(await incidents()).toMatchObject([{ detail: { found } }])
    bot.health = 'healthy'
    await pass(60)
    expect(await incidents()).toHaveLength(1)
    await pass(35)
    expect(await incidents()).toEqual([])
  })

  test('both have to pass', async () => {
    const bot = await deploy(HTTP, { health: 'passes', answers: WELL })
    await pass(30)
    bot.health = 'unhealthy'
    await pass(200)
    expect(await incidents()).toHaveLength(1)
    bot.health = 'healthy'
    delete bot.answers
    await pass(200)
    expect(await incidents()).toHaveLength(1)
    bot.answers = WELL
    await pass(100)
    expect(await incidents()).toEqual([])
  })
})

test('a bot without a check is looked at once, not again and again', async () => {
  await deploy(GATE)
  await pass(60)
  expect((await machine()).health).toBe('none')
  const inspected = vi.spyOn(engine().docker, 'container')
  await pass(300)
  // By the watches over what containers do, every 30 s, and over whether they take their updates, every 38 s.
  expect(inspected.mock.calls.length).toBeLessThanOrEqual(11 + 8)
})

test('a bot that is stopped is not asked, and its incident ends', async () => {
  await deploy(HTTP)
  await pass(150)
  expect(await incidents()).toHaveLength(1)
  await my.operate('stop')
  await pass(10)
  expect(await allIncidents()).toMatchObject([{ state: 'ended', detail: { end: 'it does not run any more' } }])
  expect(engine().running.health.size).toBe(0)
  await pass(300)
  expect(await incidents()).toEqual([])
})

describe('while an operation is under way', () => {
  const stopRequest = { bot: BOT, kind: 'stop' as const, args: {}, requestedBy: 'test' }

  test('nothing is asked', async () => {
    const bot = await deploy(HTTP, { answers: WELL })
    await pass(100)
    bot.answers = ILL
    await my.ask('restart')
    const asked = countAsked()
    await pass(200)
    expect(asked()).toHaveLength(0)
    expect(await incidents()).toEqual([])
  })

  test('what was asked just before its begin is no sign', async () => {
    const bot = await deploy(HTTP, { answers: WELL })
    await pass(100)
    bot.answers = ILL
    const asked = countAsked(() => {
      if (asked().length === 3) void requestOperation(engine(), stopRequest)
    })
    await pass(200)
    expect(asked()).toHaveLength(3)
    expect(await incidents()).toEqual([])
  })
})

test('a version without a health check ends the incident; the way back has it again', async () => {
  await deploy(HTTP)
  await pass(150)
  expect(await incidents()).toHaveLength(1)
  await deploy(GATE)
  await pass(60)
  expect(await allIncidents()).toMatchObject([{ state: 'ended', detail: { end: 'v2 has no health check' } }])
  await my.operate('rollback')
  await pass(150)
  expect(await incidents()).toMatchObject([{ state: 'open', reopened: 1, detail: { release: 1 } }])
})

test('an incident of before a restart of the manager is ended by the next one', async () => {
  const bot = await deploy(HTTP)
  await pass(150)
  expect(await incidents()).toHaveLength(1)
  stop.abort()
  await my.restart()
  watch()
  bot.answers = WELL
  await pass(130)
  expect(await incidents()).toEqual([])
})

test('a restart of its own begins the count anew', async () => {
  const bot = await deploy(HTTP, { answers: WELL })
  await pass(60)
  delete bot.answers
  await pass(60)
  await my.until(engine().docker.kill(bot.id))
  await my.until(engine().docker.start(bot.id))
  await pass(75)
  expect(await incidents()).toEqual([])
  await pass(40)
  expect(await incidents()).toHaveLength(1)
})

describe('many bots', () => {
  const deployMany = async (tbsYaml: string) => {
    my.commit('good', { 'tbs.yaml': tbsYaml, [BEHAVIOUR_FILE]: JSON.stringify({ polls: true, answers: WELL }) })
    for (let number = 10; number <= 22; number++) {
      const token = `1000000${number}:AAabcdefghijklmnopqrstuvwxyz0123456`
      my.world.telegram.addBot(token, `other_${number}_bot`)
      const name = `other-${number}`
      await my.until(addBot(engine(), { name, repo: 'file:///memory', branch: 'main', token: new Secret(token) }))
      const asked = { bot: name, kind: 'deploy' as const, args: {}, requestedBy: 'test' }
      const { operation } = await my.until(requestOperation(engine(), asked))
      await my.until(my.manager().look(operation.id))
    }
    stop.abort()
    await my.restart()
    watch()
  }

  const most = (times: number[], within: number) =>
    Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + within).length))

  test('are asked at times of their own, also when the manager has just started', async () => {
    await deployMany(HTTP)
    const asked = countAsked()
    await pass(122)
    expect(asked().length).toBeGreaterThanOrEqual(13 * 3)
    expect(most(asked(), 2_000)).toBeLessThanOrEqual(2)
  })

  test('that are slow to answer do not make it many at once', async () => {
    await deployMany(`${GATE}health: { command: sleep 6, every: 10s }\n`)
    const asked = countCommands(6_000)
    await pass(122)
    expect(asked().length).toBeGreaterThanOrEqual(30)
    expect(most(asked(), 6_000)).toBeLessThanOrEqual(3)
  })
})
