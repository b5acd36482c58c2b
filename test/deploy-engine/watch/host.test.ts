import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hostCondition, watchHost } from '../../../deploy-engine/index.ts'
import { IncidentSchema } from '../../../deploy-engine/records/incident.ts'
import type { Finding } from '../../../deploy-engine/watch/host-findings.ts'
import { goAway } from '../../helpers/memory-docker/daemon.ts'
import { restartDaemon } from '../../helpers/memory-docker/run.ts'
import { type MemoryManager, startManager } from '../../properties/manager.ts'
import { newWorld, type World } from '../../properties/world.ts'

const MINUTE = 60_000
const GIB = 1024 ** 3

// Hours pass in them, which takes a while on a busy machine.

let directory: string
let world: World
let manager: MemoryManager
let watching: Watching
let redis: Finding

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-host-'))
  world = await newWorld(directory)
  manager = await startManager(world)
  redis = { state: 'good', found: 'Redis answers again' }
  watching = watch()
})

afterEach(async () => {
  await watching.end()
  await manager.kill()
  await rm(directory, { recursive: true, force: true })
})

type Watching = { told: number[]; end(): Promise<void> }

const watch = (engine = manager.engine): Watching => {
  const stop = new AbortController()
  const told: number[] = []
  const forget = engine.changes.listen(({ incident }) => incident !== undefined && told.push(incident))
  const also = [{ condition: 'redis' as const, look: async () => redis }]
  const ended = watchHost(engine, { also, signal: stop.signal })
  return {
    told,
    end: async () => {
      stop.abort()
      await world.clock.until(ended, MINUTE)
      forget()
    },
  }
}

const pass = (ms: number) => world.clock.pass(ms)
const fillDisk = (): void => {
  world.files.disk = { freeBytes: 1.5 * GIB, totalBytes: 100 * GIB }
}

const incidents = async () =>
  (await world.clock.until(manager.engine.database.read.find(IncidentSchema, { order: { id: 'ASC' } }), MINUTE)).map(
    ({ fingerprint, state, reopened, detail: { found, hint, end } }) => ({
      fingerprint,
      state,
      reopened,
      found,
      hint,
      end,
    }),
  )

const open = async () =>
  (await incidents()).filter(({ state }) => state === 'open').map(({ fingerprint }) => fingerprint)

test('a healthy host has no incident', async () => {
  await pass(30 * MINUTE)
  expect(await incidents()).toEqual([])
})

test('a full disk is said once, and that it is over once; from 15 to 18 % nothing changes', async () => {
  fillDisk()
  await pass(MINUTE)
  expect(await open()).toEqual(['disk'])
  await pass(20 * MINUTE)
  world.files.disk = { freeBytes: 17 * GIB, totalBytes: 100 * GIB }
  await pass(20 * MINUTE)
  expect(await open()).toEqual(['disk'])
  world.files.disk = { freeBytes: 40 * GIB, totalBytes: 100 * GIB }
  await pass(2 * MINUTE)
  expect(await incidents()).toMatchObject([
    {
      state: 'ended',
      found: `Only 1.5 GB of 100.0 GB are free on the disk of ${world.settings.dataDir}`,
      hint: expect.stringContaining('/prune'),
      end: 'enough disk is free again',
    },
  ])
  expect(watching.told).toEqual([1, 1])
})

test('what lasts gets new numbers once an hour', async () => {
  fillDisk()
  await pass(MINUTE)
  for (let minute = 0; minute < 180; minute++) {
    world.files.disk.freeBytes -= 5 * 1024 ** 2
    await pass(MINUTE)
  }
  expect(watching.told).toHaveLength(4)
  expect((await incidents())[0]?.found).toMatch(/^Only \d{3} MB of/)
})

test('a manager that is started again neither says it again nor forgets that it is open', async () => {
  fillDisk()
  await pass(MINUTE)
  await watching.end()
  await manager.kill()
  manager = await startManager(world)
  watching = watch()
  await pass(5 * MINUTE)
  expect(watching.told).toEqual([])
  world.files.disk = { freeBytes: 40 * GIB, totalBytes: 100 * GIB }
  await pass(2 * MINUTE)
  expect(await incidents()).toMatchObject([{ state: 'ended' }])
})

test('memory, and a load that lasts ten minutes; a burst of nine is nobody’s business', async () => {
  world.files.average = 9
  await pass(9 * MINUTE)
  world.files.average = 1
  await pass(2 * MINUTE)
  expect(await incidents()).toEqual([])
  world.files.average = 9
  world.files.availableBytes = 0.2 * GIB
  await pass(2 * MINUTE)
  expect(await open()).toEqual(['memory'])
  await pass(9 * MINUTE)
  expect(await open()).toEqual(['memory', 'load'])
  world.files.average = 1
  world.files.availableBytes = 4 * GIB
  await pass(9 * MINUTE)
  expect(await open()).toEqual(['memory', 'load'])
  await pass(2 * MINUTE)
  expect(await open()).toEqual([])
})

test('Docker away for 30 s is said, its restart is not', async () => {
  await pass(10_000)
  restartDaemon(world.daemon, 25_000)
  await pass(2 * MINUTE)
  expect(await incidents()).toEqual([])
  goAway(world.daemon)
  await pass(70_000)
  expect(await open()).toEqual(['docker'])
  world.daemon.session = new AbortController()
  await pass(70_000)
  expect(await incidents()).toMatchObject([
    { state: 'ended', found: 'Docker does not answer', end: 'Docker answers again' },
  ])
})

test('a Docker that takes connections and says nothing is away, too', async () => {
  await watching.end()
  const { engine } = manager
  let asked = 0
  const hangs = (signal: AbortSignal) => {
    asked += 1
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  watching = watch({ ...engine, docker: { ...engine.docker, ping: hangs, rootDirectory: hangs } })
  await pass(MINUTE)
  expect(await open()).toEqual(['docker'])
  expect(asked).toBe(4)
})

test('a clock that is set is told once, and ends no other incident before its time', async () => {
  world.files.average = 9
  fillDisk()
  await pass(11 * MINUTE)
  expect(await open()).toEqual(['disk', 'load'])
  world.files.average = 1
  await pass(MINUTE)
  world.clock.jump(5 * 3_600_000)
  await pass(MINUTE)
  expect(await incidents()).toMatchObject([
    { fingerprint: 'disk', state: 'open' },
    { fingerprint: 'load', state: 'open' },
    { fingerprint: 'clock', state: 'open', found: 'The clock of the host was set forward by 5 h' },
  ])
  await pass(9 * MINUTE)
  expect(await open()).toEqual(['disk', 'clock'])
  await pass(2 * MINUTE)
  expect(await open()).toEqual(['disk'])
  world.clock.jump(-5 * 3_600_000)
  await pass(MINUTE)
  expect((await incidents()).at(-1)).toMatchObject({
    fingerprint: 'clock',
    state: 'open',
    reopened: 1,
    found: 'The clock of the host was set back by 5 h',
  })
})

test('what only the caller sees; a look that fails says nothing and stops no other one', async () => {
  fillDisk()
  redis = { state: 'bad', found: 'Redis does not answer' }
  await pass(MINUTE)
  expect(await open()).toEqual(expect.arrayContaining(['disk', 'redis']))
  Object.defineProperty(redis, 'state', {
    get: () => {
      throw new Error('a bug in a look')
    },
  })
  world.files.disk = { freeBytes: 40 * GIB, totalBytes: 100 * GIB }
  await pass(3 * MINUTE)
  expect(await open()).toEqual(['redis'])
  expect(manager.bugs.length).toBeGreaterThan(0)
})

test('a condition can be told directly, and telling it twice changes nothing', async () => {
  const away = { condition: 'telegram' as const, ok: false, found: 'The Bot API can’t be reached' }
  const back = { condition: 'telegram' as const, ok: true, found: 'Telegram answers again' }
  const tell = (told: typeof away) => world.clock.until(hostCondition(manager.engine, told), MINUTE)
  await tell(back)
  await tell(away)
  await tell(away)
  expect(await open()).toEqual(['telegram'])
  await tell(back)
  await tell(back)
  expect(watching.told).toEqual([1, 1])
  expect(await incidents()).toMatchObject([{ state: 'ended', end: 'Telegram answers again' }])
})
