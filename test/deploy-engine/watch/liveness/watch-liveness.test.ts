import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addBot, checkLiveness, livenessOf, requestOperation, Secret } from '../../../../deploy-engine/index.ts'
import { botByName } from '../../../../deploy-engine/records/bot.ts'
import { type Incident, IncidentSchema } from '../../../../deploy-engine/records/incident.ts'
import { OperationSchema } from '../../../../deploy-engine/records/operation.ts'
import { type MemoryBot, memoryBot } from '../../../helpers/memory-bot.ts'
import { BEHAVIOUR_FILE, type Behaviour } from '../../../helpers/memory-docker/behaviour.ts'
import { restartDaemon } from '../../../helpers/memory-docker/run.ts'
import { sourceOf } from '../../../properties/commands.ts'
import { BOT, TOKEN } from '../../../properties/world.ts'

vi.setConfig({ testTimeout: 120_000 })

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.closeWithoutBugs())

const runs = (behaviour: Behaviour) => my.runs({ polls: true, ...behaviour })

const pass = (ms: number) => my.world.clock.pass(ms)
const say = (token = TOKEN) => my.world.telegram.say(token)
const incidents = (): Promise<Incident[]> => my.until(my.manager().engine.database.read.find(IncidentSchema))
const operations = () => my.until(my.manager().engine.database.read.find(OperationSchema))
const machines = () => my.machines()
const starts = () => machines().map((machine) => machine.starts)

const liveness = async (name = BOT) => {
  const { engine } = my.manager()
  return livenessOf(engine, (await my.until(botByName(engine.database.read, name))).id)
}

/** Lets time pass until it is so, at most that long, and gives how long it took. */
const passUntil = async (isSo: () => Promise<boolean>, mostMs: number): Promise<number> => {
  const began = my.world.clock.now()
  while (!(await isSo()) && my.world.clock.now() - began < mostMs) await pass(1_000)
  return my.world.clock.now() - began
}

const isRestarted = async () => starts().some((count) => count > 1)

describe('a bot that turns deaf', () => {
  test('is started anew once, in its own container and without an operation, and that is told once', async () => {
    await runs({ deafAfterMs: [5 * MINUTE] })
    const asked = (await operations()).length
    const [before] = machines()
    await pass(6 * MINUTE)
    say()
    const took = await passUntil(isRestarted, 10 * MINUTE)
    expect(took).toBeGreaterThan(3 * MINUTE)
    expect(took).toBeLessThan(4 * MINUTE + 5_000)
    await pass(5_000)
    expect(my.world.telegram.pending(TOKEN)).toBe(0)
    expect(machines()).toEqual([before])
    expect(machines()[0]?.restart).toBe('unless-stopped')
    expect((await operations()).length).toBe(asked)
    const [incident, ...others] = await incidents()
    expect(others).toEqual([])
    expect(incident).toMatchObject({ kind: 'deaf', state: 'open', count: 1 })
    expect(incident?.detail).toMatchObject({ release: 1, waiting: 1, restartedAt: expect.any(Number) })
    expect(incident?.detail.found).toBe(
      'It runs, but takes no updates: 1 has waited for 3 minutes, and it does nothing',
    )
    expect(incident?.detail.restarting).toBeUndefined()

    await pass(9 * MINUTE)
    expect(await incidents()).toMatchObject([{ state: 'open' }])
    await pass(3 * MINUTE)
    expect(await incidents()).toMatchObject([{ state: 'ended', detail: { end: 'it takes its updates again' } }])
    await pass(HOUR)
    expect(starts()).toEqual([2])
  })

  test('is found within five minutes also when nobody writes to it', async () => {
    await runs({ deafAfterMs: [10 * MINUTE] })
    await pass(10 * MINUTE - 30_000)
    expect(await liveness()).toMatchObject({ state: 'idle', waiting: 0 })
    const took = await passUntil(isRestarted, 10 * MINUTE)
    expect(took).toBeLessThan(5 * MINUTE + 30_000)
    const [incident] = await incidents()
    expect(incident?.detail.found).toBe('It runs, but has not asked Telegram for updates for 3 minutes')
  })

  test('again within six hours is left alone and told of; later it is started anew once more', async () => {
    await runs({ deafAfterMs: [5 * MINUTE, 2 * HOUR] })
    await pass(6 * MINUTE)
    say()
    await passUntil(isRestarted, 5 * MINUTE)
    await pass(2 * HOUR)
    say()
    await pass(10 * MINUTE)
    expect(starts()).toEqual([2])
    const [first, second] = await incidents()
    expect(first).toMatchObject({ state: 'ended' })
    expect(second).toMatchObject({ state: 'open', count: 1, kind: 'deaf' })
    expect(second?.detail.restartedAt).toBeUndefined()
    expect(second?.detail.hint).toContain('less than six hours ago')
    await pass(HOUR)
    expect((await incidents())[1]).toEqual(second)

    await pass(3.5 * HOUR)
    expect(starts()).toEqual([3])
    expect((await incidents())[1]).toMatchObject({
      state: 'ended',
      count: 2,
      detail: { restartedAt: expect.any(Number) },
    })
  })

  test('is told of when its first version never took anything', async () => {
    await runs({ polls: false })
    say()
    await pass(10 * MINUTE)
    expect(starts()).toEqual([2])
    expect(await incidents()).toMatchObject([{ kind: 'deaf', state: 'open', count: 2 }])
    // Not every look has a probe.
    for (let look = 0; look < 10; look++) {
      expect(await liveness()).toMatchObject({ state: 'deaf', waiting: 1 })
      await pass(3_000)
    }
  })
})

describe('nothing is done', () => {
  test('about a handler that takes three minutes: it is busy', async () => {
    await runs({ handlesMs: 3 * MINUTE })
    await pass(MINUTE)
    const states = new Set<string | undefined>()
    for (let count = 0; count < 10; count++) {
      say()
      say()
      await pass(2 * MINUTE)
      states.add((await liveness())?.state)
    }
    expect([...states].toSorted()).toEqual(['busy', 'working'])
    await pass(HOUR)
    expect(starts()).toEqual([1])
    expect(await incidents()).toEqual([])
    expect(await liveness()).toMatchObject({ state: 'idle', waiting: 0 })
  })

  test('when the clock is set: what was seen before it is forgotten', async () => {
    await runs({ handlesMs: 3 * MINUTE })
    await pass(5 * MINUTE)
    say()
    await pass(110_000)
    my.world.clock.jump(HOUR)
    await pass(60_000)
    expect(my.world.telegram.pending(TOKEN)).toBe(1)
    expect(starts()).toEqual([1])
    expect(await incidents()).toEqual([])
    await pass(MINUTE)
    my.world.clock.jump(-2 * HOUR)
    say()
    await pass(10 * MINUTE)
    expect(await liveness()).toMatchObject({ state: 'idle', waiting: 0 })
    expect(starts()).toEqual([1])
  })

  test('while Telegram is away: nothing is known', async () => {
    await runs({ deafAfterMs: [5 * MINUTE] })
    await pass(4 * MINUTE)
    my.world.telegram.down = true
    await pass(20 * MINUTE)
    expect(await liveness()).toMatchObject({ state: 'unknown' })
    my.world.telegram.down = false
    say()
    await pass(2 * MINUTE)
    expect(starts()).toEqual([1])
    expect(await incidents()).toEqual([])
  })

  test('while a person has stopped it, or an operation works on it', async () => {
    await runs({ deafAfterMs: [5 * MINUTE] })
    await pass(6 * MINUTE)
    say()
    await pass(2 * MINUTE)
    await my.operate('stop')
    await pass(20 * MINUTE)
    expect(starts()).toEqual([1])
    expect(await incidents()).toEqual([])
    expect(await liveness()).toBeUndefined()
    await my.operate('run')
    my.commit('slow build')
    const { id } = await my.ask('deploy')
    void my.manager().look(id)
    await pass(10_000)
    expect((await my.read(id)).state).toBe('running')
    const { at } = (await liveness()) ?? {}
    await my.until(checkLiveness(my.manager().engine, BOT, new AbortController().signal))
    expect((await liveness())?.at).toBe(at)
    expect(starts()).toEqual([1])
    await my.over(id)
  })

  test('and what was told ends when a person stops the bot', async () => {
    await runs({ deafAfterMs: [MINUTE, 0] })
    await pass(2 * MINUTE)
    say()
    await pass(10 * MINUTE)
    expect(await incidents()).toMatchObject([{ state: 'open', count: 2 }])
    await my.operate('stop')
    await pass(5_000)
    expect(await incidents()).toMatchObject([{ state: 'ended', detail: { end: 'it is not to run any more' } }])
  })
})

describe('several bots', () => {
  const others = Array.from({ length: 99 }, (_, index) => `${200_000_000 + index}:AAabcdefghijklmnopqrstuvwxyz0123456`)

  const addOthers = async (behaviours: Behaviour[]): Promise<void> => {
    const { engine, look } = my.manager()
    for (const [index, behaviour] of behaviours.entries()) {
      const [name, token] = [`other-${index}`, others[index] ?? '']
      my.world.telegram.addBot(token, `${name.replace('-', '_')}_bot`)
      my.world.git.commit(name, {
        ...sourceOf('good'),
        [BEHAVIOUR_FILE]: JSON.stringify({ polls: true, ...behaviour }),
      })
      await my.until(addBot(engine, { name, repo: 'file:///memory', branch: name, token: new Secret(token) }))
      const request = { bot: name, kind: 'deploy' as const, args: {}, requestedBy: 'test' }
      const { operation } = await my.until(requestOperation(engine, request))
      await my.until(look(operation.id))
    }
  }

  test('that fall silent together are not started anew: that is told once, of the host', async () => {
    await runs({ deafAfterMs: [10 * MINUTE, 0] })
    await addOthers([{ deafAfterMs: [10 * MINUTE] }, { deafAfterMs: [10 * MINUTE] }, {}])
    await pass(10 * MINUTE)
    for (const token of [TOKEN, ...others.slice(0, 3)]) say(token)
    await pass(10 * MINUTE)
    expect(starts()).toEqual([1, 1, 1, 1])
    const [together, ...more] = await incidents()
    expect(more).toEqual([])
    expect(together).toMatchObject({ kind: 'host', fingerprint: 'deaf', botId: null, state: 'open' })
    expect(together?.detail.bots?.toSorted()).toEqual([BOT, 'other-0', 'other-1'])
    expect(together?.detail.found).toBe('3 of 4 bots stopped taking updates at the same time')

    // Two of them are started by hand; the third is then alone.
    const { docker } = my.manager().engine
    for (const { id } of machines().slice(1, 3)) {
      await my.until(docker.kill(id))
      await my.until(docker.start(id))
    }
    await pass(15 * MINUTE)
    expect(starts()).toEqual([2, 2, 2, 1])
    const [first, alone] = await incidents()
    expect(first).toMatchObject({ state: 'ended', detail: { end: 'they take their updates again' } })
    expect(alone).toMatchObject({ kind: 'deaf', count: 2 })
  })

  test('that stay deaf, each since another hour, are not together', async () => {
    await runs({ deafAfterMs: [10 * MINUTE, 0] })
    await addOthers([{ deafAfterMs: [70 * MINUTE, 0] }])
    await pass(HOUR)
    say(others[0])
    await pass(2 * HOUR)
    expect(starts()).toEqual([2, 2])
    const found = await incidents()
    expect(found.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['deaf open', 'deaf open'])
    for (const bot of [BOT, 'other-0']) expect(await liveness(bot)).toMatchObject({ state: 'deaf' })
  })

  test('a hundred of them: each looked at within a minute, some at a time, with one probe in ten seconds', async () => {
    await runs({})
    await addOthers(others.map(() => ({})))
    await my.restart('stop')
    const { port } = my.world.telegram
    const { webhookInfo } = port
    const asked = new Map<string, number[]>()
    port.webhookInfo = (token, signal) => {
      asked.set(token.reveal(), [...(asked.get(token.reveal()) ?? []), my.world.clock.now()])
      return webhookInfo(token, signal)
    }
    let probes = 0
    my.world.daemon.listeners.add(({ action, labels }) => {
      if (action === 'start' && labels['tbs.role'] === 'probe') probes += 1
    })
    const began = my.world.clock.now()
    await pass(10 * MINUTE)
    expect(asked.size).toBe(100)
    const gaps = [...asked.values()].flatMap((times) => times.map((at, index) => at - (times[index - 1] ?? began)))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60_000)
    const bySecond = [...asked.values()].flat().map((at) => Math.floor((at - began) / 1_000))
    const counts = Array.from({ length: 600 }, (_, second) => bySecond.filter((one) => one === second).length)
    expect(Math.max(...counts)).toBeLessThanOrEqual(20)
    expect(counts.filter((count) => count > 0).length).toBeLessThan(150)
    expect(probes).toBeLessThanOrEqual(61)
    expect(probes).toBeGreaterThan(50)
    expect(await incidents()).toEqual([])
  })

  test('of which one is deaf: only that one is', async () => {
    await runs({ deafAfterMs: [10 * MINUTE] })
    await addOthers([{}, {}])
    await pass(10 * MINUTE)
    for (const token of [TOKEN, ...others.slice(0, 2)]) say(token)
    await pass(5 * MINUTE)
    expect(starts()).toEqual([2, 1, 1])
    expect(await incidents()).toMatchObject([{ kind: 'deaf' }])
  })
})

describe('what else is named', () => {
  test('a token that is refused, after two answers a minute apart, until it is taken again', async () => {
    await runs({})
    await pass(5 * MINUTE)
    const valid = my.world.telegram.revoke(TOKEN)
    const took = await passUntil(async () => (await incidents()).length > 0, 10 * MINUTE)
    expect(took).toBeGreaterThan(MINUTE)
    expect(took).toBeLessThan(2 * MINUTE)
    const [incident] = await incidents()
    expect(incident).toMatchObject({ kind: 'token', state: 'open', detail: { release: 1 } })
    expect(incident?.detail.hint).toBe(`Ask @BotFather for the current one, then /set ${BOT} token`)
    expect(await liveness()).toMatchObject({ state: 'refused' })
    await pass(10 * MINUTE)
    valid()
    await pass(2 * MINUTE)
    expect(await incidents()).toMatchObject([
      { state: 'ended', count: 1, detail: { end: 'Telegram takes its token again' } },
    ])
    expect(starts()).toEqual([1])
  })

  test('another program with its token, by its log, until nothing more is told of that', async () => {
    const line =
      '409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'
    await runs({ prints: [line], printsEveryMs: 20_000 })
    await pass(6 * MINUTE)
    expect(await incidents()).toMatchObject([{ kind: 'conflict', state: 'open', count: 1 }])
    expect(await liveness()).toMatchObject({ state: 'elsewhere' })
    const [machine] = machines()
    await my.until(my.manager().engine.docker.kill(machine?.id ?? ''))
    if (machine) machine.image.behaviour = { polls: true }
    await my.until(my.manager().engine.docker.start(machine?.id ?? ''))
    await pass(20 * MINUTE)
    expect(await incidents()).toMatchObject([
      { state: 'ended', detail: { end: 'no other program takes its updates any more' } },
    ])
  })

  test('logs are read every six minutes, and sooner once there is a sign of another program', async () => {
    const line = '409: Conflict: terminated by other getUpdates request'
    await runs({})
    await pass(10 * MINUTE)
    const logs = vi.spyOn(my.manager().engine.docker, 'logs')
    const reads = (container = '') =>
      logs.mock.calls.filter(([id, { tail }]) => id === container && tail === 200).length
    const [machine] = machines()
    await pass(HOUR)
    expect(reads(machine?.id)).toBeGreaterThanOrEqual(9)
    expect(reads(machine?.id)).toBeLessThanOrEqual(10)
    if (machine) machine.image.behaviour = { polls: true, prints: [line], printsEveryMs: 20_000 }
    await my.until(my.manager().engine.docker.kill(machine?.id ?? ''))
    await my.until(my.manager().engine.docker.start(machine?.id ?? ''))
    const took = await passUntil(async () => (await incidents()).some(({ kind }) => kind === 'conflict'), HOUR)
    expect(took).toBeLessThan(10 * MINUTE)
  })

  test('how it is, to whoever asks, with its age; and how it is now', async () => {
    await runs({ deafAfterMs: [10 * MINUTE] })
    await pass(6 * MINUTE)
    const { engine } = my.manager()
    const { id } = await my.until(botByName(engine.database.read, BOT))
    const known = livenessOf(engine, id)
    expect(known).toMatchObject({ state: 'idle', waiting: 0, sign: { what: 'was connected to the Bot API' } })
    expect(my.world.clock.now() - (known?.at ?? 0)).toBeLessThan(45_000)
    say()
    const { signal } = new AbortController()
    const asked = my.world.clock.now()
    const now = await my.until(checkLiveness(engine, BOT, signal))
    expect(now?.at).toBeGreaterThan(asked)
    expect(now?.sign?.at).toBeGreaterThan(asked)
    // Another process has seen nothing before.
    const { lookNow: _, ...running } = engine.running
    const alone = { ...engine, running: { ...running, liveness: new Map() } }
    expect(livenessOf(alone, id)).toBeUndefined()
    expect(await my.until(checkLiveness(alone, BOT, signal))).toMatchObject({ state: 'idle', waiting: 0 })
    await my.operate('stop')
    await pass(5_000)
    expect(await my.until(checkLiveness(engine, BOT, signal))).toBeUndefined()
    expect(await my.until(checkLiveness(alone, BOT, signal))).toBeUndefined()
  })
})

describe('a restart that is cut off', () => {
  const isWell = async () => {
    expect(starts()).toEqual([2])
    expect(machines()).toMatchObject([{ state: 'running', restart: 'unless-stopped' }])
    const [incident, ...others] = await incidents()
    expect(others).toEqual([])
    expect(incident).toMatchObject({ kind: 'deaf', count: 1, detail: { restartedAt: expect.any(Number) } })
    expect(incident?.detail.restarting).toBeUndefined()
  }

  const turnsDeaf = async (stopsInMs = 1_000) => {
    await runs({ deafAfterMs: [5 * MINUTE], stopsInMs })
    await pass(6 * MINUTE)
    say()
    await pass(2.5 * MINUTE)
  }

  test('by a kill of the manager at any moment is done by the next one, once', async () => {
    await turnsDeaf()
    const before = my.manager().life.edges()
    await passUntil(isRestarted, 5 * MINUTE)
    await pass(500)
    const all = my.manager().life.edges() - before
    for (let back = 0; back < Math.min(all, 36); back += 2) {
      await my.close()
      my = await memoryBot()
      await turnsDeaf()
      const { life } = my.manager()
      life.atEdge(all - back, () => life.die())
      await my.until(life.died)
      await my.restart()
      await passUntil(isRestarted, 5 * MINUTE)
      await pass(2_000)
      await isWell()
    }
  })

  test('by a graceful end of the manager is finished before', async () => {
    await turnsDeaf(4_000)
    await passUntil(async () => (await incidents()).some(({ detail }) => detail.restarting), 5 * MINUTE)
    const asked = my.world.clock.now()
    await my.restart('stop')
    // Sooner than the bot takes to end by itself.
    expect(my.world.clock.now() - asked).toBeLessThan(2_000)
    await isWell()
  })

  test('by a restart of Docker is done when that is back', async () => {
    await turnsDeaf()
    await passUntil(async () => (await incidents()).some(({ detail }) => detail.restarting), 5 * MINUTE)
    restartDaemon(my.world.daemon, 2_000)
    await pass(30_000)
    await isWell()
  })
})
