import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  botStatus,
  cancelOperations,
  type Operation,
  type Outcome,
  operationView,
  resumeBots,
  suspendBots,
} from '../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { restartDaemon } from '../../helpers/memory-docker/run.ts'
import { BOT, TOKEN } from '../../properties/world.ts'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
  my.commit('good')
  await my.operate('deploy')
})

afterEach(() => my.close())

const status = () => my.until(botStatus(my.manager().engine, BOT))
const state = async () => (await status()).state
const machines = () => my.machines()

test('a stopped bot is called that; one that ended by itself is not', async () => {
  const { outcome, state: ended } = await my.operate('stop')
  expect(ended).toBe('succeeded')
  expect(outcome).toEqual({ stopped: 1, running: null } satisfies Outcome)
  const stopped = await status()
  expect(stopped).toMatchObject({ state: 'stopped', container: { running: false, restart: 'no' } })

  await my.operate('run')
  expect(await status()).toMatchObject({ state: 'live', container: { restart: 'unless-stopped' } })
  const { containerId } = (await status()).release ?? {}
  await my.until(my.manager().engine.docker.kill(containerId ?? ''))
  expect(await state()).toBe('exited')
})

test('it stays so through restarts of the manager and of Docker, and through the end of a demo', async () => {
  await my.operate('stop')
  await my.restart('kill')
  expect(await status()).toMatchObject({ state: 'stopped', container: { restart: 'no' } })
  restartDaemon(my.world.daemon, 2_000)
  await my.world.clock.pass(5_000)
  await my.restart('stop')
  expect(await state()).toBe('stopped')
  await my.until(suspendBots(my.manager().engine))
  expect(await my.until(resumeBots(my.manager().engine))).toBe(0)
  expect(await state()).toBe('stopped')
})

test.each(['run', 'restart', 'deploy'] as const)('%s starts it, in a fresh container', async (kind) => {
  const { containerId: before } = (await status()).release ?? {}
  await my.operate('stop')
  const { state: ended, outcome } = await my.operate(kind)
  expect(ended).toBe('succeeded')
  expect(outcome?.gapMs).toBeUndefined()
  const { state: now, release, bot } = await status()
  expect(now).toBe('live')
  expect(bot.stoppedAt).toBeNull()
  expect(release?.containerId).not.toBe(before)
  expect(machines()).toHaveLength(1)
})

test('a rollback starts it', async () => {
  my.commit('good', { 'other.txt': '' })
  await my.operate('deploy')
  await my.operate('stop')
  expect((await my.operate('rollback')).state).toBe('succeeded')
  expect(await status()).toMatchObject({ state: 'live', release: { number: 1 } })
})

test('a deploy that fails leaves it stopped', async () => {
  await my.operate('stop')
  my.commit('crash')
  const failed = await my.operate('deploy')
  expect(failed).toMatchObject({ state: 'failed', outcome: { running: null, error: { code: 'exited' } } })
  expect(await status()).toMatchObject({ state: 'stopped', container: { restart: 'no' }, release: { number: 1 } })
  const { steps } = await my.until(operationView(my.manager().engine, failed.id))
  expect(steps.find(({ name }) => name === 'undo')?.detail).toBe('v1 stays stopped')
  await my.restart()
  expect(await state()).toBe('stopped')
})

test('a rollback of the manager’s own accord that comes too late does not start it', async () => {
  my.commit('good', { 'other.txt': '' })
  await my.operate('deploy')
  await my.operate('stop')
  const late = await my.operate('rollback', { release: 1, cause: 'v2 runs but does not take its updates' })
  expect(late).toMatchObject({ state: 'failed', outcome: { error: { code: 'bot_stopped' } } })
  expect(await state()).toBe('stopped')
})

test('nobody looks after a stopped unproven release', async () => {
  my.commit('deaf')
  await my.operate('deploy')
  expect(await state()).toBe('unproven')
  await my.operate('stop')
  const looks = vi.spyOn(my.world.telegram.port, 'webhookInfo')
  my.world.telegram.say(TOKEN)
  await my.world.clock.pass(120_000)
  expect(looks).not.toHaveBeenCalled()
  expect(await state()).toBe('stopped')
  const { operations } = await status()
  expect(operations).toEqual([])
  expect(machines().filter(({ state }) => state === 'running')).toEqual([])
})

describe('a stop that is cancelled', () => {
  const slow = async () => {
    my.commit('deaf to SIGTERM')
    await my.operate('deploy')
    const { containerId } = (await status()).release ?? {}
    const operation = await my.ask('stop')
    return { containerId, operation, carriedOut: my.manager().look(operation.id) }
  }

  const cancel = async ({ id }: Operation) => {
    const { stopping } = await my.until(cancelOperations(my.manager().engine, BOT))
    expect(stopping.map((one) => one.id)).toEqual([id])
  }

  test('in its grace has the same container running again', async () => {
    const { containerId, operation, carriedOut } = await slow()
    await my.world.clock.pass(2_000)
    await cancel(operation)
    await my.until(Promise.all([my.manager().look(operation.id), carriedOut]))
    expect(await my.read(operation.id)).toMatchObject({ state: 'cancelled', outcome: { running: 2 } })
    expect(await status()).toMatchObject({
      state: 'live',
      release: { containerId },
      container: { restart: 'unless-stopped', running: true },
    })
  })

  test('is undone also when the manager is killed right then', async () => {
    const { containerId, operation } = await slow()
    await my.world.clock.pass(2_000)
    await cancel(operation)
    await my.restart('kill')
    expect(await my.read(operation.id)).toMatchObject({ state: 'failed', outcome: { running: 2 } })
    expect(await status()).toMatchObject({ state: 'live', release: { containerId } })
  })

  test('not at all after its end', async () => {
    await my.operate('stop')
    expect(await my.until(cancelOperations(my.manager().engine, BOT))).toEqual({
      cancelled: [],
      stopping: [],
      late: [],
    })
    expect(await state()).toBe('stopped')
  })
})

test('a manager that is told to end in the grace of a stop stops the bot', async () => {
  my.commit('deaf to SIGTERM')
  await my.operate('deploy')
  const operation = await my.ask('stop')
  void my.manager().look(operation.id)
  await my.world.clock.pass(2_000)
  await my.restart('stop')
  expect((await my.read(operation.id)).state).toBe('succeeded')
  expect(await state()).toBe('stopped')
})

test('killed at whatever moment, a stop ends with a stopped bot', async () => {
  const ends = new Set<string>()
  for (let edge = 1; ; edge++) {
    const operation = await my.ask('stop')
    const { life } = my.manager()
    life.atEdge(edge, () => life.die())
    const end = await my.until(
      Promise.race([
        my
          .manager()
          .look(operation.id)
          .then(() => 'done'),
        life.died,
      ]),
    )
    if (end === 'done') {
      life.atEdge(Number.POSITIVE_INFINITY, () => {})
      break
    }
    await my.restart('kill')
    ends.add((await my.over(operation.id)).state)
    expect(await state(), `edge ${edge}`).toBe('stopped')
    expect((await my.operate('run')).state).toBe('succeeded')
  }
  expect([...ends]).toEqual(['succeeded'])
})
