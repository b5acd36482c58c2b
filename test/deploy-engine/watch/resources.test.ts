import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addBot, botStatus, requestOperation, Secret, watchResources } from '../../../deploy-engine/index.ts'
import { observationOf, observe } from '../../../deploy-engine/records/observation.ts'
import { memoryStanding } from '../../../deploy-engine/watch/memory-short.ts'
import { coresBetween, usageOf } from '../../../deploy-engine/watch/resources.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import type { Machine } from '../../helpers/memory-docker/daemon.ts'
import { BOT } from '../../properties/world.ts'

// Each bot is deployed in memory, which takes its time with twelve.

const MIB = 1024 ** 2
const LIMIT_MB = 512

let my: MemoryBot
let stop: AbortController

beforeEach(async () => {
  my = await memoryBot()
  stop = new AbortController()
  void watchResources(my.manager().engine, stop.signal)
  my.commit('good')
  await my.operate('deploy')
})

afterEach(async () => {
  stop.abort()
  await my.close()
})

const engine = () => my.manager().engine
const pass = (seconds: number) => my.world.clock.pass(seconds * 1000)

const machine = async (): Promise<Machine> => {
  const { release } = await my.until(botStatus(engine(), BOT))
  return my.world.daemon.machines.get(release?.containerId ?? '') as Machine
}

const takes = (bot: Machine, mb: number) => {
  bot.image.behaviour = { ...bot.image.behaviour, usesMb: mb }
}

const usage = () => usageOf(engine(), 1)

const observed = async (container: string, peakMb = 0) => {
  const peaks = { peakMemoryBytes: peakMb * MIB, peakCores: 0 }
  const seen = { running: true, startedAt: 1, finishedAt: 0, restarts: 0, ...peaks }
  await my.until(
    engine().database.transaction((entities) => observe(entities, { containerId: container, botId: 1, ...seen })),
  )
}

const peaks = async (container: string) => {
  const row = await my.until(observationOf(engine().database.read, container))
  return row && { mb: row.peakMemoryBytes / MIB, cores: row.peakCores }
}

test('what a bot takes is known after a minute, of the processor after another one', async () => {
  const bot = await machine()
  expect(usage()).toBeUndefined()
  await pass(60)
  const first = usage()
  expect(first).toMatchObject({ container: bot.id, memoryBytes: 30 * MIB, memoryLimitBytes: LIMIT_MB * MIB })
  expect(first).not.toHaveProperty('cores')
  takes(bot, 80)
  await pass(60)
  expect(usage()).toMatchObject({ memoryBytes: 80 * MIB, cores: expect.closeTo(0.001, 5) })
  expect((usage()?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(59_000)
  expect((usage()?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(61_000)
})

test('whoever takes much of its memory is measured each minute, others every two', async () => {
  const bot = await machine()
  await pass(120)
  const measured = vi.spyOn(engine().docker, 'usage')
  await pass(20 * 60)
  expect(measured).toHaveBeenCalledTimes(10)
  takes(bot, 0.8 * LIMIT_MB)
  await pass(120)
  measured.mockClear()
  await pass(20 * 60)
  expect(measured).toHaveBeenCalledTimes(20)
})

test('a start begins anew; nothing is told of what does not run', async () => {
  await pass(120)
  const bot = await machine()
  await my.until(engine().docker.kill(bot.id))
  await pass(120)
  expect(usage()).toBeUndefined()
  await my.until(engine().docker.start(bot.id))
  await pass(60)
  expect(usage()).toBeDefined()
  expect(usage()).not.toHaveProperty('cores')
  await my.operate('stop')
  await pass(120)
  expect(usage()).toBeUndefined()
})

test('the most that was seen is written down, when it has grown by more than 5 %', async () => {
  const bot = await machine()
  await pass(180)
  // A thousandth of a core is as good as none.
  expect(await peaks(bot.id)).toEqual({ mb: 30, cores: 0 })
  const writes = vi.spyOn(engine().database, 'transaction')
  takes(bot, 31)
  await pass(120)
  expect(writes).not.toHaveBeenCalled()
  takes(bot, 100)
  await pass(120)
  takes(bot, 50)
  await pass(120)
  expect(await peaks(bot.id)).toEqual({ mb: 100, cores: expect.closeTo(0.001, 5) })
  expect(writes).toHaveBeenCalledTimes(1)
})

test('what somebody else wrote meanwhile is only ever raised', async () => {
  const bot = await machine()
  await observed(bot.id)
  takes(bot, 100)
  await pass(60)
  await observed(bot.id, 150)
  takes(bot, 120)
  await pass(120)
  expect(await peaks(bot.id)).toMatchObject({ mb: 150 })
  takes(bot, 170)
  await pass(120)
  expect(await peaks(bot.id)).toMatchObject({ mb: 170 })
})

test('nearly all memory for five minutes is noted, and no longer when there is enough again', async () => {
  const bot = await machine()
  await pass(60)
  takes(bot, 0.95 * LIMIT_MB)
  await pass(290)
  expect(usage()?.memoryShort).toBe(false)
  await pass(130)
  expect(usage()?.memoryShort).toBe(true)
  takes(bot, 0.88 * LIMIT_MB)
  await pass(120)
  expect(usage()?.memoryShort).toBe(true)
  takes(bot, 0.8 * LIMIT_MB)
  await pass(60)
  expect(usage()?.memoryShort).toBe(false)
  expect(await my.until(engine().database.read.count('incident'))).toBe(0)
})

test('ten are measured at once, more are shared out over the minute', async () => {
  for (const number of Array.from({ length: 11 }, (_, index) => index + 10)) {
    const token = `1000000${number}:AAabcdefghijklmnopqrstuvwxyz0123456`
    my.world.telegram.addBot(token, `other_${number}_bot`)
    const name = `other-${number}`
    await my.until(addBot(engine(), { name, repo: 'file:///memory', branch: 'main', token: new Secret(token) }))
    const asked = { bot: name, kind: 'deploy' as const, args: {}, requestedBy: 'test' }
    const { operation } = await my.until(requestOperation(engine(), asked))
    await my.until(my.manager().look(operation.id))
  }
  await pass(120)
  const times: number[] = []
  const { usage: measure } = engine().docker
  vi.spyOn(engine().docker, 'usage').mockImplementation((id) => {
    times.push(my.world.clock.now())
    return measure(id)
  })
  await pass(240)
  const seconds = times.map((at) => Math.round((at - (times[0] ?? 0)) / 1000))
  const turns = [...new Set(seconds)]
  const counts = turns.map((turn) => seconds.filter((second) => second === turn).length)
  expect(times.length).toBe(24)
  expect(Math.max(...counts)).toBeLessThanOrEqual(10)
  expect(turns.length).toBeLessThan(8)
})

test('one that can’t be measured keeps nobody from being measured', async () => {
  const warn = vi.spyOn(engine().log, 'warn')
  vi.spyOn(engine().docker, 'usage').mockRejectedValueOnce(new Error('Docker is busy'))
  await pass(60)
  expect(warn).toHaveBeenCalledTimes(1)
  await pass(60)
  expect(usage()).toBeDefined()
})

describe('memory', () => {
  const minutes = fc.array(fc.constantFrom(0.95, 0.99, 0.92, 0.91, 0.93, 0.9, 0.86, 0.5), { maxLength: 200 })

  test('is short only after more than 90 % without a break for five minutes, until it is below 85 %', () => {
    fc.assert(
      fc.property(minutes, (shares) => {
        let standing = memoryStanding({ short: false }, { share: 0, at: 0 })
        shares.forEach((share, index) => {
          const before = standing
          standing = memoryStanding(before, { share, at: index * 60_000 })
          const last = shares.slice(Math.max(0, index - 5), index + 1)
          if (before.short) expect(standing.short).toBe(share >= 0.85)
          else expect(standing.short).toBe(last.length === 6 && last.every((one) => one > 0.9))
        })
      }),
    )
  })
})

test('cores are those of the time between two looks', () => {
  expect(coresBetween({ at: 0, cpuNs: 1e9 }, { at: 2_000, cpuNs: 2e9 })).toBe(0.5)
  expect(coresBetween({ at: 0, cpuNs: 3e9 }, { at: 2_000, cpuNs: 2e9 })).toBeUndefined()
  expect(coresBetween({ at: 5, cpuNs: 0 }, { at: 5, cpuNs: 1 })).toBeUndefined()
  expect(coresBetween(undefined, { at: 5, cpuNs: 1 })).toBeUndefined()
})
