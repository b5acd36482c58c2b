import { afterEach, beforeEach, expect, test } from 'vitest'
import { botStatus } from '../../deploy-engine/index.ts'
import { OperationSchema } from '../../deploy-engine/records/operation.ts'
import { clockJumps, steadyClock } from '../../deploy-engine/steady-clock.ts'
import { type MemoryBot, memoryBot } from '../helpers/memory-bot.ts'
import { virtualClock } from '../helpers/memory-docker/virtual-clock.ts'
import { BOT, TOKEN } from '../properties/world.ts'

// faults.md, row 19: somebody sets the clock of the host, by an hour forward or back.

const JUMPS = [3_600_000, -3_600_000]

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.close())

const release = async () => (await my.until(botStatus(my.manager().engine, BOT))).release

test.each(JUMPS)('by %d ms in a gate: the version is judged as ever', async (ms) => {
  my.commit('good')
  const { clock } = my.world
  const forget = my.manager().engine.changes.listen(({ step, edge }) => {
    if (step === 'gate' && edge === 'before') clock.after(2_000, () => clock.jump(ms))
  })
  const begun = clock.elapsed()
  const { state } = await my.operate('deploy')
  forget()
  expect(state).toBe('succeeded')
  expect(await release()).toMatchObject({ proof: 'live' })
  expect(clock.elapsed() - begun).toBeLessThan(60_000)
})

test.each(JUMPS)('by %d ms while updates wait for an unproven version: it has its 20 s all the same', async (ms) => {
  my.commit('good')
  await my.operate('deploy')
  my.commit('deaf')
  await my.operate('deploy')
  expect(await release()).toMatchObject({ number: 2, proof: 'unproven' })
  const putBack = async () => {
    const { read } = my.manager().engine.database
    return (await my.until(read.findBy(OperationSchema, { kind: 'rollback' }))).length
  }
  my.world.telegram.say(TOKEN)
  await my.world.clock.pass(6_000)
  my.world.clock.jump(ms)
  await my.world.clock.pass(6_000)
  expect(await putBack()).toBe(0)
  await my.world.clock.pass(30_000)
  expect(await putBack()).toBe(1)
})

test('a steady clock goes on as if nothing had happened; a jump is told once, with its size', () => {
  const clock = virtualClock()
  const steady = steadyClock(clock)
  const jumped = clockJumps(clock)
  expect([steady.now() - clock.now(), jumped()]).toEqual([0, 0])
  clock.jump(5_000)
  expect([clock.now() - steady.now(), jumped(), jumped()]).toEqual([5_000, 5_000, 0])
  clock.jump(-7_000)
  expect([clock.now() - steady.now(), jumped(), jumped()]).toEqual([-2_000, -7_000, 0])
})
