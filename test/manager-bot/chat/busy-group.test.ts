import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ApiCall } from '../../../telegram-sandbox/index.ts'
import { fastClock } from '../../helpers/fast-clock.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'

// 20 operations at once in one group, by Telegram's budget of 20 messages and edits a minute. A minute takes 3 s.

const BOTS = 20
const FAILING = new Set([3, 9, 20])
const OUTCOME = { release: 1, sha: '3f2c1ab'.padEnd(40, '0'), subject: 'Begin', proof: 'live' as const }

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench({ clock: fastClock(20) })
  await bench.start()
})

afterEach(() => bench.close())

test('20 operations at once: no 429, every end delivered, what failed before anything else', async () => {
  const { id: group } = await bench.group()
  for (let bot = 1; bot <= BOTS; bot++) await bench.register(`bot-${bot}`)
  bench.sandbox.limit()
  const began = bench.engine.clock.now()
  for (let bot = 1; bot <= BOTS; bot++) bench.sandbox.say(OWNER, group, `/deploy@${MANAGER} bot-${bot}`)
  await bench.sandbox.waitFor(() => bench.queued.length === BOTS)
  for (const name of ['fetch', 'detect', 'build', 'stop']) {
    for (const id of bench.queued) await moveOn(bench, id, { state: 'running', steps: [{ name, state: 'done' }] })
  }
  const failing = bench.queued.filter((id) => FAILING.has(id))
  for (const id of [...bench.queued.filter((id) => !FAILING.has(id)), ...failing]) {
    await moveOn(bench, id, { ...endOf(id), endedAt: bench.engine.clock.now() })
  }
  const endedAt = bench.engine.clock.now()
  const ended = (id: number) =>
    said(group).some(({ text }) => new RegExp(`^Deploy.*(ed|is live).* · #${id}\\n`).test(text))
  const alarms = () => said(group).filter(({ silent }) => !silent)
  await bench.sandbox.waitFor(() => bench.queued.every(ended) && alarms().length === FAILING.size, { timeout: 25_000 })

  const seconds = (at: number) => Math.round((at - began) / 1000)
  const calls = spent(group)
  const alarmsAt = calls.flatMap((call) => (isAlarm(call) ? [seconds(call.at)] : []))
  console.log(`${calls.length} messages and edits in ${seconds(calls.at(-1)?.at ?? 0)} s; alarms after ${alarmsAt} s`)
  expect(bench.sandbox.refusals(bench.manager.id)).toBe(0)
  expect(calls.filter(({ status }) => status >= 400)).toEqual([])
  expect(said(group)).toHaveLength(BOTS + FAILING.size)
  for (const id of bench.queued) expect(said(group).filter(({ text }) => text.includes(`· #${id}\n`))).toHaveLength(1)
  // Before what is only good news.
  const after = calls.filter(({ at }) => at > endedAt + SETTLING_MS).map(isAboutFailure)
  expect(after.lastIndexOf(true)).toBeLessThan(after.filter((isFailure) => isFailure).length)
})

/** What was on its way when the operations ended. */
const SETTLING_MS = 2_000

const endOf = (id: number) =>
  FAILING.has(id)
    ? {
        state: 'failed' as const,
        outcome: { error: { code: 'exited' as const, message: 'It exited with code 1' }, running: 1 },
      }
    : { state: 'succeeded' as const, outcome: OUTCOME }

const said = (group: number) => bench.sandbox.messages(group).filter(({ from }) => from.is_bot)

const spent = (group: number): ApiCall[] =>
  bench.sandbox.calls.filter(
    ({ method, params }) => /^(send|edit)Message/i.test(method) && Number(params.chat_id) === group,
  )

const isAlarm = ({ params }: ApiCall): boolean => params.disable_notification === 'false'

const isAboutFailure = ({ params }: ApiCall): boolean => / failed/.test(String(params.text))
