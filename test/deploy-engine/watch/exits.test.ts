import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addBot, botStatus, requestOperation, Secret } from '../../../deploy-engine/index.ts'
import { endIncident, type Incident, IncidentSchema, noteSign } from '../../../deploy-engine/records/incident.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import type { Behaviour } from '../../helpers/memory-docker/behaviour.ts'
import type { Machine } from '../../helpers/memory-docker/daemon.ts'
import { crashMachine, killMachine, restartDaemon } from '../../helpers/memory-docker/run.ts'
import { BOT } from '../../properties/world.ts'

const MINUTE = 60_000
const SOON = 2_000

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.closeWithoutBugs())

const deployed = (behaviour: Behaviour = { polls: true }) => my.runs(behaviour)

const pass = (ms: number) => my.world.clock.pass(ms)
const incidents = (): Promise<Incident[]> => {
  const { read } = my.manager().engine.database
  return my.until(read.find(IncidentSchema, { order: { id: 'ASC' } }))
}
const machine = (bot = BOT): Machine => {
  const found = my.machines().findLast(({ spec, state }) => spec.labels['tbs.bot'] === bot && state !== 'created')
  if (!found) throw new Error(`${bot} has no container`)
  return found
}
const crash = (code: number, bot = BOT) => crashMachine(my.world.daemon, machine(bot), code)

describe('an exit that nobody asked for', () => {
  test('is an incident with all that is known of it, and over after ten good minutes', async () => {
    await deployed({ polls: true, prints: ['one', 'boom'] })
    await pass(MINUTE)
    crash(3)
    await pass(SOON)
    const [incident] = await incidents()
    expect(incident).toMatchObject({ kind: 'crash', state: 'open', count: 1, fingerprint: 'exit 3' })
    expect(incident?.detail).toMatchObject({ release: 1, exitCode: 3, outOfMemory: false, logLines: ['one', 'boom'] })
    expect(incident?.detail.uptimeMs).toBeGreaterThan(MINUTE)
    await pass(9 * MINUTE)
    expect((await incidents())[0]?.state).toBe('open')
    await pass(MINUTE + 10_000)
    expect(await incidents()).toMatchObject([{ state: 'ended', detail: { end: 'it has run for 10 min' } }])
  })

  test('comes back into the same incident within an hour, and into a new one later', async () => {
    await deployed()
    crash(1)
    await pass(11 * MINUTE)
    crash(1)
    await pass(SOON)
    expect(await incidents()).toMatchObject([{ state: 'open', count: 2, reopened: 1 }])
    await pass(90 * MINUTE)
    crash(1)
    await pass(SOON)
    expect(await incidents()).toMatchObject([{ state: 'ended' }, { state: 'open', count: 1 }])
  })

  test('for want of memory is called that', async () => {
    await deployed()
    crashMachine(my.world.daemon, machine(), 137, true)
    await pass(SOON)
    expect(await incidents()).toMatchObject([{ kind: 'out_of_memory', detail: { exitCode: 137, outOfMemory: true } }])
  })

  test('while no manager ran is counted, and told once', async () => {
    await deployed()
    await my.manager().kill()
    for (const code of [1, 1, 1, 7]) {
      crash(code)
      await pass(5_000)
    }
    await my.restart('kill')
    await pass(SOON)
    expect(await incidents()).toMatchObject([{ kind: 'crash', count: 4, detail: { exitCode: 7 } }])
    await my.restart('kill')
    await pass(MINUTE)
    expect(await incidents()).toMatchObject([{ count: 4 }])
  })

  test('is none when it was asked for', async () => {
    await deployed()
    await my.operate('restart')
    await my.operate('stop')
    await pass(MINUTE)
    await my.operate('run')
    await deployed({ polls: true, prints: ['another'] })
    await my.operate('rollback', { release: 1 })
    await pass(MINUTE)
    expect(await incidents()).toEqual([])
  })

  test('is none when Docker or the host was restarted', async () => {
    await deployed()
    restartDaemon(my.world.daemon, 3_000)
    await pass(MINUTE)
    await my.manager().kill()
    restartDaemon(my.world.daemon, 3_000)
    await pass(10_000)
    await my.restart('kill')
    await pass(MINUTE)
    expect(await incidents()).toEqual([])
    expect(machine().state).toBe('running')
  })
})

describe('a bot that is stopped past the manager', () => {
  test('is told when it stays so, and over when it runs again', async () => {
    await deployed()
    killMachine(my.world.daemon, machine())
    await pass(10_000)
    expect(await incidents()).toEqual([])
    await pass(12_000)
    expect(await incidents()).toMatchObject([{ kind: 'stopped', state: 'open', detail: { exitCode: 137 } }])
    await my.operate('run')
    await pass(10_000)
    expect(await incidents()).toMatchObject([{ kind: 'stopped', state: 'ended', detail: { end: 'it runs again' } }])
  })

  test('whose container is gone, likewise', async () => {
    await deployed()
    my.world.daemon.machines.delete(machine().id)
    await pass(MINUTE)
    expect(await incidents()).toMatchObject([{ kind: 'gone', state: 'open' }])
    await my.operate('restart')
    await pass(10_000)
    expect(await incidents()).toMatchObject([{ kind: 'gone', state: 'ended' }])
  })
})

/** Exits every 40 s; the fifth time it is a loop. */
const LOOPS: Behaviour = { polls: true, exits: 1, exitsAfterMs: 40_000 }
const LOOP_MS = 5 * 41_000

/** Lets time pass until one of the incidents is so. */
const comesTo = async (wanted: (incident: Incident) => boolean, limitMs = LOOP_MS): Promise<void> => {
  const step = Math.max(500, limitMs / 400)
  for (let waited = 0; !(await incidents()).some(wanted); waited += step) {
    if (waited > limitMs) throw new Error(`it never came to that: ${JSON.stringify(await incidents())}`)
    await pass(step)
  }
}
const isHeld = ({ detail }: Incident) => typeof detail.hold?.nextTryAt === 'number'

describe('a bot that only crashes', () => {
  test('is stopped, and tried again after 1, 5, 15 and every 60 minutes', async () => {
    await deployed(LOOPS)
    await comesTo(isHeld)
    await pass(SOON)
    expect(await incidents()).toMatchObject([{ kind: 'crash_loop', count: 5, detail: { hold: { tries: 0 } } }])
    expect(machine()).toMatchObject({ state: 'exited', restart: 'no' })
    for (const [tries, minutes] of [1, 5, 15, 60, 60].entries()) {
      const stoppedAt = machine().finishedAt
      await comesTo(({ detail }) => detail.hold?.tries === tries + 1, minutes * MINUTE + 10_000)
      await pass(SOON)
      expect(machine().state).toBe('running')
      expect((machine().startedAt - stoppedAt) / MINUTE).toBeGreaterThanOrEqual(minutes)
      expect((machine().startedAt - stoppedAt) / MINUTE).toBeLessThan(minutes + 0.2)
      await comesTo(isHeld)
      expect(machine().state).toBe('exited')
    }
    expect(await incidents()).toHaveLength(1)
  })

  test('held back, is free again after ten good minutes of a trial', async () => {
    await deployed(LOOPS)
    await comesTo(isHeld)
    machine().image.behaviour = { polls: true }
    await pass(MINUTE + 10 * MINUTE + 10_000)
    expect(machine()).toMatchObject({ state: 'running', restart: 'unless-stopped' })
    await pass(MINUTE)
    expect(await incidents()).toMatchObject([{ state: 'ended', detail: { end: 'it has run for 10 min' } }])
  })

  test('makes room for the last good release, if its own is young', async () => {
    await deployed()
    await pass(20 * MINUTE)
    await deployed(LOOPS)
    await comesTo(({ detail }) => detail.rolledBack !== undefined)
    await pass(MINUTE)
    const [incident] = await incidents()
    expect(incident?.detail).toMatchObject({ lastGood: 1, rolledBack: { release: 1 } })
    expect(incident?.detail.hold).toBeUndefined()
    const status = await my.until(botStatus(my.manager().engine, BOT))
    expect(status).toMatchObject({ state: 'live', release: { number: 1 } })
    await pass(11 * MINUTE)
    expect(await incidents()).toMatchObject([{ state: 'ended' }])
  })

  test('whose restarts take less than two minutes together is left to Docker', async () => {
    await deployed()
    for (let count = 0; count < 8; count++) {
      crash(1)
      await pass(12_000)
    }
    expect(await incidents()).toMatchObject([{ kind: 'crash', count: 8 }])
  })

  test('is not stopped while Telegram is away', async () => {
    await deployed(LOOPS)
    my.world.telegram.down = true
    await pass(LOOP_MS + 5 * MINUTE)
    expect(await incidents()).toMatchObject([{ kind: 'crash' }])
    expect(machine().restart).toBe('unless-stopped')
    my.world.telegram.down = false
    await pass(3 * MINUTE)
    expect(await incidents()).toMatchObject([{ kind: 'crash_loop' }])
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'held back, killed at edge %i of it: held all the same, in one incident',
    async (n) => {
      await deployed(LOOPS)
      await comesTo(({ count }) => count === 4)
      const { life } = my.manager()
      const forget = my.manager().engine.changes.listen(({ incident }) => {
        if (incident !== undefined) life.atEdge(n + 1, () => life.die())
      })
      await pass(42_000)
      forget()
      expect(life.dead.aborted).toBe(true)
      await my.restart('kill')
      await comesTo(isHeld)
      await pass(SOON)
      expect(await incidents()).toHaveLength(1)
      expect(machine()).toMatchObject({ state: 'exited', restart: 'no' })
    },
  )

  test('a person’s deploy ends the hold', async () => {
    await deployed(LOOPS)
    await comesTo(isHeld)
    await deployed({ polls: true, prints: ['mended'] })
    await pass(11 * MINUTE)
    expect(await incidents()).toMatchObject([{ state: 'ended' }])
    expect(machine()).toMatchObject({ state: 'running', restart: 'unless-stopped' })
  })

  test('a person’s stop ends the incident', async () => {
    await deployed(LOOPS)
    await comesTo(({ count }) => count === 3)
    await my.operate('stop')
    await pass(10_000)
    expect(await incidents()).toMatchObject([{ state: 'ended', detail: { end: 'the bot was stopped on request' } }])
  })
})

describe('many bots at once', () => {
  const fleet = async (count: number) => {
    await deployed(LOOPS)
    const { engine, look } = my.manager()
    for (let number = 1; number < count; number++) {
      const token = `${100_000_001 + number}:AAabcdefghijklmnopqrstuvwxyz0123456`
      my.world.telegram.addBot(token, `bot_${number}`)
      const name = `bot-${number}`
      await my.until(addBot(engine, { name, repo: 'file:///memory', branch: 'main', token: new Secret(token) }))
      const request = { bot: name, kind: 'deploy' as const, args: {}, requestedBy: 'test' }
      const { operation } = await my.until(requestOperation(engine, request))
      await my.until(look(operation.id))
    }
  }

  test('are one incident of the host; none is stopped or blamed', async () => {
    await fleet(4)
    await pass(12 * 41_000)
    const found = await incidents()
    const host = found.find(({ kind }) => kind === 'host')
    expect(host).toMatchObject({ botId: null, detail: { bots: ['bot-1', 'bot-2', 'bot-3', 'my-bot'] } })
    expect(found.filter(({ kind }) => kind !== 'host').map(({ kind, partOf }) => ({ kind, partOf }))).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'crash', partOf: host?.id })),
    )
    for (const one of my.world.daemon.machines.values()) one.image.behaviour = { polls: true }
    await pass(12 * MINUTE)
    expect((await incidents()).map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'ended'))
  })

  test('while Telegram is away for five minutes, it is one incident, and all run again by themselves', async () => {
    await fleet(4)
    await comesTo(({ kind }) => kind === 'host')
    my.world.telegram.down = true
    const { database, clock } = my.manager().engine
    const away = { botId: null, kind: 'host' as const, fingerprint: 'telegram', at: clock.now(), detail: {} }
    const cause = await my.until(database.transaction((entities) => noteSign(entities, away)))
    await pass(5 * MINUTE)
    my.world.telegram.down = false
    const over = { at: clock.now(), end: 'it answers again' }
    await my.until(database.transaction((entities) => endIncident(entities, cause, over)))
    for (const one of my.world.daemon.machines.values()) one.image.behaviour = { polls: true }
    await pass(12 * MINUTE)
    const found = await incidents()
    expect(found.filter(({ partOf }) => partOf === null)).toMatchObject([{ id: cause.id }])
    expect(found.some(({ kind }) => kind === 'crash_loop')).toBe(false)
    expect(found.every(({ state }) => state === 'ended')).toBe(true)
    for (const bot of [BOT, 'bot-1', 'bot-2', 'bot-3']) expect(machine(bot).state).toBe('running')
  })

  test('whoever goes on crashing alone is held back alone', async () => {
    await fleet(3)
    await pass(4 * 41_000)
    expect((await incidents()).some(({ kind }) => kind === 'host')).toBe(true)
    for (const one of my.world.daemon.machines.values()) {
      if (one.spec.labels['tbs.bot'] !== BOT) one.image = { ...one.image, behaviour: { polls: true } }
    }
    await pass(15 * MINUTE)
    const found = await incidents()
    const own = found.find(({ kind }) => kind === 'crash_loop')
    expect(own).toMatchObject({ state: 'open', partOf: null })
    expect(found.filter(({ state }) => state === 'open')).toHaveLength(1)
  })
})
