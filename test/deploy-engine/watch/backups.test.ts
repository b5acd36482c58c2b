import { afterEach, beforeEach, expect, test } from 'vitest'
import { backupList, openIncidents, watchBackups, watchHost } from '../../../deploy-engine/index.ts'
import { OperationSchema } from '../../../deploy-engine/records/operation.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BOT } from '../../properties/world.ts'

const MINUTE = 60_000
const HOUR = 3600_000
const DAY = 24 * HOUR
const MIDNIGHT = Date.UTC(2026, 0, 1)

let my: MemoryBot
let end = async () => {}

/** Watches as a manager does that runs; or only the host. */
const watching = (withBackups = true) => {
  const stop = new AbortController()
  const { engine, look } = my.manager()
  const { signal } = stop
  const watch = Promise.all([
    withBackups && watchBackups(engine, { enqueue: async (id) => void look(id), signal }),
    watchHost(engine, { signal }),
  ])
  end = async () => {
    stop.abort()
    await my.until(watch)
    end = async () => {}
  }
}

beforeEach(async () => {
  my = await memoryBot()
  const quick = 'gate: { ready: 20s, stable: 3s }'
  my.commit('good', { 'tbs.yaml': `${quick}\nbackup: { schedule: "0 3 * * *", keep: 2 }\n` })
  expect((await my.operate('deploy')).outcome?.error).toBeUndefined()
})

afterEach(async () => {
  await end()
  await my.close()
})

/** Puts the clock on, and gives what is due then the time that it takes. */
const at = async (ms: number) => {
  const { clock } = my.world
  clock.jump(MIDNIGHT + ms - clock.now())
  await clock.pass(3 * MINUTE)
}

const made = async () => {
  const all = await my.until(backupList(my.manager().engine, BOT))
  return all.map(({ createdAt }) => new Date(createdAt).toISOString().slice(8, 13))
}

const asked = () => my.until(my.manager().engine.database.read.countBy(OperationSchema, { kind: 'backup' }))

const incident = async () => {
  const all = await my.until(openIncidents(my.manager().engine.database.read, null))
  return all.find(({ fingerprint }) => fingerprint === 'backup')?.detail.found
}

const LONG = { timeout: 60_000 }

test('it is made at its time, once, and so many are kept as tbs.yaml says', LONG, async () => {
  watching()
  await at(2.9 * HOUR)
  expect(await made()).toEqual([])
  await at(3 * HOUR)
  expect(await made()).toEqual(['01T03'])
  for (const hour of [3.5, 27, 51, 75]) await at(hour * HOUR)
  expect(await made()).toEqual(['04T03', '03T03'])
  expect(await asked()).toBe(4)
  expect(await incident()).toBeUndefined()
})

test('those that a manager missed are caught up, all by one; a restart makes none again', LONG, async () => {
  watching()
  await at(3 * HOUR)
  await end()
  await my.restart('kill')
  await at(3 * DAY + 10 * HOUR)
  expect(await made()).toEqual(['01T03'])
  watching()
  await at(3 * DAY + 10.1 * HOUR)
  expect(await made()).toEqual(['04T10', '01T03'])
  await end()
  await my.restart('kill')
  watching()
  await at(3 * DAY + 11 * HOUR)
  expect(await asked()).toBe(2)
})

test('a clock that is set back makes none again', LONG, async () => {
  watching()
  await at(3 * HOUR)
  await at(2.5 * HOUR)
  await at(3 * HOUR)
  expect(await asked()).toBe(1)
})

test('one that fails is told of at once, tried again, and over when there is one', LONG, async () => {
  watching()
  const { disk } = my.world.files
  await at(2.9 * HOUR)
  my.world.files.disk = { freeBytes: 200 * 1024 ** 2, totalBytes: 1024 ** 3 }
  await at(3 * HOUR)
  expect(await incident()).toMatch(/^The backup of my-bot by its schedule has failed: A backup of my-bot needs up to/)
  for (const hour of [3.6, 4.2, 4.8, 5.4]) await at(hour * HOUR)
  expect(await asked()).toBe(3)
  my.world.files.disk = disk
  expect((await my.operate('backup')).state).toBe('succeeded')
  await at(5.5 * HOUR)
  expect(await incident()).toBeUndefined()
})

test('what does not come about at all is overdue', LONG, async () => {
  watching(false)
  await at(4 * HOUR)
  expect(await incident()).toBeUndefined()
  await at(5.1 * HOUR)
  expect(await incident()).toBe('The backup of my-bot by its schedule is overdue')
  await end()
  watching()
  await at(5.2 * HOUR)
  expect(await made()).toEqual(['01T05'])
  expect(await incident()).toBeUndefined()
})

test('a bot that stays stopped has nothing new to back up', LONG, async () => {
  await my.operate('stop')
  await my.operate('backup')
  watching()
  for (const day of [1, 2]) await at(day * DAY + 4 * HOUR)
  expect(await asked()).toBe(1)
  expect(await incident()).toBeUndefined()
})
