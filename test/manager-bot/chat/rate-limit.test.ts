import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rateLimit, SLOW_DOWN } from '../../../manager-bot/chat/rate-limit.ts'
import { InboxSchema } from '../../../manager-bot/chat/records/inbox.ts'
import { OutboxSchema } from '../../../manager-bot/chat/records/outbox.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

test('forty at once, then one a second; said once until there is room', () => {
  let now = 0
  const asks = rateLimit(() => now)
  const verdicts = (count: number, person = 1) => Array.from({ length: count }, () => asks(person))
  expect(new Set(verdicts(40))).toEqual(new Set(['go']))
  expect(verdicts(3)).toEqual(['told', 'silent', 'silent'])
  expect(verdicts(1, 2)).toEqual(['go'])
  now += 1000
  expect(verdicts(3)).toEqual(['go', 'told', 'silent'])
  now += 500
  expect(verdicts(1)).toEqual(['silent'])
  now += 500
  expect(verdicts(1)).toEqual(['go'])
  now += 3600_000
  expect(verdicts(41).at(-1)).toBe('told')
  // A clock that was put back gives nothing, and takes nothing.
  now -= 7200_000
  expect(verdicts(1)).toEqual(['silent'])
})

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
})

afterEach(() => bench.close())

test('who is too fast is told so once, and presses count', async () => {
  bench.sandbox.privateChat(OWNER, MANAGER)
  await bench.register('echo-bot')
  vi.spyOn(bench.engine.clock, 'now').mockReturnValue(Date.now())
  await bench.start()
  bench.says('/deploy')
  const asked = await bench.sandbox.waitFor(() => bench.said()[0])
  for (let count = 0; count < 45; count++) bench.says('/cancel')
  const { read } = bench.engine.database
  const answers = async () => [
    ...bench.said().map(({ text }) => text),
    ...(await read.find(OutboxSchema)).map(({ html }) => html),
  ]
  await eventually(async () => expect(await answers()).toContain(SLOW_DOWN))
  const answer = await bench.sandbox.press(OWNER, MANAGER, asked.message_id, 'echo-bot')
  expect(answer).toMatchObject({ answered: true, text: '' })
  await eventually(async () => expect(await read.find(InboxSchema)).toEqual([]))
  expect((await answers()).filter((text) => text === SLOW_DOWN)).toHaveLength(1)
  // One that is sent meanwhile is in neither list.
  await eventually(async () => expect(await answers()).toHaveLength(41))
  expect(bench.queued).toEqual([])
})
