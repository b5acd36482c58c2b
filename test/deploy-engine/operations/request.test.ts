import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Operation, requestOperation } from '../../../deploy-engine/index.ts'
import { OperationSchema } from '../../../deploy-engine/records/operation.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
  my.commit('good')
})

afterEach(() => my.close())

const requestNow = (kind: Operation['kind'], requestKey?: string) => {
  const asked = { bot: 'my-bot', kind, args: {}, requestedBy: 'test', ...(requestKey !== undefined && { requestKey }) }
  return requestOperation(my.manager().engine, asked)
}

const request = (kind: Operation['kind'], requestKey?: string) => my.until(requestNow(kind, requestKey))

const count = () => my.until(my.manager().engine.database.read.count(OperationSchema))

test('a key that is known gives the operation that it gave before, and changes nothing', async () => {
  const first = await request('deploy', 'telegram:1')
  expect(first.operation.requestKey).toBe('telegram:1')
  const other = await request('deploy', 'telegram:2')
  expect(other.superseded.map(({ id }) => id)).toEqual([first.operation.id])
  const again = await request('deploy', 'telegram:1')
  expect(again.operation.id).toBe(first.operation.id)
  expect(again.operation.state).toBe('superseded')
  expect(again.superseded).toEqual([])
  expect((await my.read(other.operation.id)).state).toBe('queued')
  expect(await count()).toBe(2)
})

test('it does so also when that would be refused by now, even since the bot is gone', async () => {
  await my.operate('deploy')
  const stopped = await request('stop', 'telegram:3')
  await my.until(my.manager().look(stopped.operation.id))
  const removed = await request('remove', 'telegram:4')
  await my.until(my.manager().look(removed.operation.id))
  expect((await request('stop', 'telegram:3')).operation.id).toBe(stopped.operation.id)
  expect((await request('remove', 'telegram:4')).operation).toMatchObject({
    id: removed.operation.id,
    state: 'succeeded',
  })
  await expect(request('remove', 'telegram:5')).rejects.toMatchObject({ code: 'unknown_bot' })
})

test('two requests of one key at the same time make one operation', async () => {
  const both = await my.until(Promise.all([requestNow('deploy', 'telegram:6'), requestNow('deploy', 'telegram:6')]))
  expect(new Set(both.map(({ operation }) => operation.id)).size).toBe(1)
  expect(await count()).toBe(1)
})

test('requests without a key are each one of their own', async () => {
  await request('deploy')
  await request('deploy')
  expect(await count()).toBe(2)
})

test('what there is nothing to do for is refused with what to type instead', async () => {
  for (const kind of ['stop', 'run', 'restart'] as const) {
    await expect(request(kind)).rejects.toMatchObject({ code: 'not_deployed', hint: '/deploy my-bot' })
  }
  await my.operate('deploy')
  await expect(request('run')).rejects.toMatchObject({ code: 'already_running', hint: /\/restart my-bot/ })
  await my.operate('stop')
  await expect(request('stop')).rejects.toMatchObject({ code: 'already_stopped', hint: 'Start it with /run my-bot' })
  expect(await count()).toBe(2)
})

test('but not while something else is under way: then it is asked again when its turn comes', async () => {
  await my.operate('deploy')
  const stop = await my.ask('stop')
  const run = await my.ask('run')
  const again = await my.ask('run')
  await my.until(my.manager().look(stop.id))
  expect((await my.read(stop.id)).state).toBe('succeeded')
  expect((await my.read(run.id)).state).toBe('succeeded')
  expect(await my.read(again.id)).toMatchObject({
    state: 'failed',
    outcome: { running: 1, error: { code: 'already_running' } },
  })
})
