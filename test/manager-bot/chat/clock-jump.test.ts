import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { fastClock } from '../../helpers/fast-clock.ts'
import { type ChatBench, chatBench } from './chat-bench.ts'

let bench: ChatBench

afterEach(() => bench.close())

test('a clock that is set back an hour holds up no message that was to wait two seconds', async () => {
  const { engine, sandbox } = fastClock(1)
  let jumped = 0
  bench = await chatBench({ clock: { engine: { ...engine, now: () => engine.now() + jumped }, sandbox } })
  await bench.start()
  const description = 'Too Many Requests: retry after 2'
  const busy = { ok: false, error_code: 429, description, parameters: { retry_after: 2 } }
  bench.sandbox.fail({ method: 'sendMessage', status: 429, body: JSON.stringify(busy), times: 1 })
  const asked = bench.says('/bots')
  await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ status }) => status === 429))
  // Until the manager has read the answer.
  await sleep(500)
  jumped = -3_600_000
  bench.says('/help')
  expect((await bench.answers(asked))[0]?.text).toContain('no bots yet')
})
