import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Incident, IncidentSchema } from '../../../deploy-engine/records/incident.ts'
import { asInspected, inspect } from '../../../deploy-engine/watch/inspection.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import type { Machine } from '../../helpers/memory-docker/daemon.ts'
import { tellEvent } from '../../helpers/memory-docker/events.ts'
import { crashMachine, stopMachine } from '../../helpers/memory-docker/run.ts'

const MINUTE = 60_000

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.closeWithoutBugs())

const deployed = async () => {
  await my.runs({ polls: true })
  await my.world.clock.pass(5 * MINUTE)
}

const incidents = (): Promise<Incident[]> => my.until(my.manager().engine.database.read.find(IncidentSchema))

const machine = (): Machine => {
  const [found] = my.machines()
  if (!found) throw new Error('it has no container')
  return found
}

test('a bot that is left alone is inspected every two and a half minutes, by one of those who look at it', async () => {
  await deployed()
  const inspected = vi.spyOn(my.manager().engine.docker, 'container')
  await my.world.clock.pass(20 * MINUTE)
  expect(inspected.mock.calls.length).toBeGreaterThanOrEqual(6)
  // Those before a probe come on top.
  expect(inspected.mock.calls.length).toBeLessThan(25)
})

describe('what Docker does not tell of', () => {
  beforeEach(async () => {
    await deployed()
    my.world.daemon.listeners.clear()
  })

  test('a stop is found by the next round, by the list of what runs', async () => {
    await my.until(stopMachine(my.world.daemon, machine(), 1))
    await my.world.clock.pass(MINUTE)
    expect(await incidents()).toMatchObject([{ kind: 'stopped' }])
  })

  test('a restart by Docker is found by the next inspection', async () => {
    crashMachine(my.world.daemon, machine(), 1)
    await my.world.clock.pass(4 * MINUTE)
    expect(await incidents()).toMatchObject([{ kind: 'crash', count: 1 }])
  })
})

describe('an inspection', () => {
  const ask = async () => {
    const { engine } = my.manager()
    const { id } = machine()
    const before = engine.running.inspected.get(id)
    const found = await my.until(asInspected(engine, id))
    expect(found?.id).toBe(id)
    return engine.running.inspected.get(id) === before ? 'known' : 'asked'
  }
  const startAnew = async () => {
    const { engine } = my.manager()
    await my.until(inspect(engine, machine().id))
  }
  // Whoever else looks would do so meanwhile.
  const later = (ms: number) => {
    const { engine } = my.manager()
    const now = engine.clock.elapsed()
    vi.spyOn(engine.clock, 'elapsed').mockImplementation(() => now + ms)
  }

  beforeEach(async () => {
    await deployed()
    await startAnew()
  })

  afterEach(() => void vi.restoreAllMocks())

  test('is trusted for two and a half minutes', async () => {
    later(149_000)
    expect(await ask()).toBe('known')
    later(2_000)
    expect(await ask()).toBe('asked')
  })

  test('is not trusted once Docker has told something', async () => {
    expect(await ask()).toBe('known')
    tellEvent(my.world.daemon, machine(), { action: 'health' })
    expect(await ask()).toBe('asked')
  })

  test('is not trusted of one that is frozen', async () => {
    await my.until(my.manager().engine.docker.pause(machine().id))
    await startAnew()
    expect(await ask()).toBe('asked')
  })

  test('that was asked for earlier does not take the place of a later one', async () => {
    const { engine } = my.manager()
    const found = await my.until(engine.docker.container(machine().id))
    if (!found) throw new Error('it is gone')
    const newer = { at: engine.clock.elapsed() + 1, found: { ...found, restarts: 7 } }
    engine.running.inspected.set(machine().id, newer)
    await startAnew()
    expect(engine.running.inspected.get(machine().id)).toBe(newer)
  })
})
