import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PollTrouble, pollTrouble } from '../../../manager-bot/chat/poll-trouble.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const MINUTE = 60_000

let bench: ChatBench
let now = 0
let trouble: PollTrouble

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.privateChat(OWNER, MANAGER)
  const { outbox } = await bench.start()
  trouble = pollTrouble({ ...bench.engine, clock: { ...bench.engine.clock, elapsed: () => now } }, outbox)
})

afterEach(() => bench.close())

const told = () => bench.said().map(({ text }) => text.split(/[:\n]/)[0])

const TAKES = 'Another program uses my token'
const STOPPED = 'The other program has stopped'

test('two conflicts, as when a process is replaced, are nobody’s business', async () => {
  for (const at of [0, 1_000]) {
    now = at
    await trouble.conflict()
  }
  now = 10 * MINUTE
  await trouble.conflict()
  await trouble.heard()
  await bench.answer('/bots')
  expect(told()).toHaveLength(1)
})

test('what comes through in between ends nothing: told once, and over a minute after the last conflict', async () => {
  for (let round = 0; round < 20; round++) {
    now += 7_000
    await trouble.conflict()
    await trouble.heard()
  }
  await bench.sandbox.waitFor(() => told().includes(TAKES))
  now += MINUTE - 1
  await trouble.heard()
  await bench.answer('/bots')
  expect(told()).toHaveLength(2)
  now += 1
  await trouble.heard()
  await trouble.heard()
  await bench.sandbox.waitFor(() => told().includes(STOPPED))
  expect(told().filter((text) => text === TAKES || text === STOPPED)).toEqual([TAKES, STOPPED])
})

test('in the log stands what is wrong now, when it changes while Telegram fails', async () => {
  const error = (code: number, description: string) => JSON.stringify({ ok: false, error_code: code, description })
  bench.sandbox.fail({ method: 'getUpdates', status: 502, body: '<html></html>', times: 2 })
  bench.sandbox.fail({ method: 'getUpdates', status: 401, body: error(401, 'Unauthorized'), times: 2 })
  bench.says('/bots')
  await eventually(() => expect(bench.said().length).toBe(1))
  const warnings = bench.entries.filter(({ level }) => level === 'warn').map(({ message }) => message)
  expect(warnings).toEqual([
    'polling Telegram fails, trying on',
    "Telegram refuses the manager's token: put a valid one into TBS_TOKEN and start again",
  ])
})
