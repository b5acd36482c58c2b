import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Chat } from '../../../manager-bot/chat/open-chat.ts'
import { ButtonSchema } from '../../../manager-bot/chat/records/button.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type LeapClock, leapClock } from '../../helpers/leap-clock.ts'
import { alertsTo, crash, end, HOUR, labelsOf, MINUTE, repliesTo, sign } from './alert-bench.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench
let chat: Chat
let clock: LeapClock

beforeEach(async () => {
  clock = leapClock()
  bench = await chatBench({ clock })
  bench.sandbox.privateChat(OWNER, MANAGER)
  chat = await bench.start()
  for (const name of ['ada', 'bea', 'cleo', 'dora']) await bench.register(name)
})

afterEach(() => bench.close())

const until = (text: string) =>
  bench.sandbox.waitFor(() => alertsTo(bench).find((message) => message.text.includes(text)), { what: text })

/** Whoever begins to wait for the next try after a leap waits from then on, so that time goes on until it comes. */
const untilTried = async (text: string) => {
  const isTold = () => alertsTo(bench).some((message) => message.text.includes(text))
  for (let minutes = 0; minutes < 10 && !isTold(); minutes++) {
    clock.leap(MINUTE)
    await bench.sandbox.waitFor(isTold, { timeout: 2_000 }).catch(() => undefined)
  }
  return until(text)
}

/** It is tried again and again, ever more seldom. */
const pass = async (ms: number) => {
  for (let left = ms; left > 0; left -= 5 * MINUTE) {
    clock.leap(Math.min(left, 5 * MINUTE))
    await eventually(() => expect(bench.sandbox.calls.length).toBeGreaterThan(0))
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

test('Telegram is away for an hour: each is told once, in order; what is over by then as over', async () => {
  const back = bench.sandbox.fail({ status: 502, body: '<html></html>' })
  await crash(bench, 'cleo')
  await pass(5 * MINUTE)
  const { id } = await crash(bench, 'ada')
  await pass(5 * MINUTE)
  await crash(bench, 'bea')
  await crash(bench, 'cleo')
  await end(bench, id)
  await pass(50 * MINUTE)
  expect(bench.said()).toEqual([])
  back()
  await untilTried('bea crashed')
  await until('✓ over: ada crashed')
  expect(alertsTo(bench).map(({ text, silent }) => [text.split('\n')[0], silent])).toEqual([
    ['cleo crashed 2 times: exit code 1', false],
    ['✓ over: ada crashed: exit code 1', true],
    ['bea crashed: exit code 1', false],
  ])
  expect(alertsTo(bench)[1]?.text).toMatch(/\d\d:\d\d to \d\d:\d\d \(5 min\): fine for 10 minutes/)
  await chat.alerts.resume()
  await bench.answer('/bots')
  // Neither a second word that ada is over, nor buttons for each of the tries.
  expect(bench.said()).toHaveLength(4)
  const left = (await bench.engine.database.read.find(ButtonSchema)).filter(({ messageId }) => messageId === null)
  expect(left.length).toBeLessThanOrEqual(9)
})

test('they keep their order however often they fail', async () => {
  const names = ['cleo', 'bea', 'dora', 'ada']
  bench.sandbox.fail({ method: 'sendMessage', status: 502, body: '', times: 7 })
  for (const name of names) await crash(bench, name)
  await eventually(() => {
    clock.leap(MINUTE)
    expect(alertsTo(bench)).toHaveLength(names.length)
  })
  expect(alertsTo(bench).map(({ text }) => text.split(' ')[0])).toEqual(names)
})

test('they are told after a restart, and after a day of being away', async () => {
  const back = bench.sandbox.fail({ method: 'sendMessage', status: 502, body: '<html></html>' })
  await crash(bench, 'ada')
  await sign(bench, null, { detail: { found: 'Disk almost full' } })
  await pass(20 * MINUTE)
  await bench.restart()
  clock.leap(24 * HOUR)
  back()
  await untilTried('ada crashed')
  await until('Disk almost full')
  await bench.answer('/bots')
  const said = bench.said().map(({ text }) => text.split(/[\n:]| · /)[0])
  expect(said).toEqual(['ada crashed', 'Disk almost full', '⚠ Disk almost full'])
})

test('one that can’t be told for a fault of our own does not keep the others from being told', async () => {
  const { id } = await crash(bench, 'ada')
  await until('ada crashed')
  await bench.engine.database.transaction((entities) => entities.update('incident', { id }, { kind: 'nonsense' }))
  bench.engine.changes.emit({ incident: id })
  await crash(bench, 'bea')
  await until('bea crashed')
  await bench.answer('/status bea')
  clock.leap(HOUR + MINUTE)
  await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.startsWith('Not over yet: bea')))
})

test('who has blocked the manager is given up, for this incident', async () => {
  bench.sandbox.block(OWNER, MANAGER)
  const { id } = await crash(bench, 'ada')
  await eventually(() =>
    expect(bench.entries.map(({ message }) => message)).toContain('a message could not be delivered'),
  )
  bench.sandbox.unblock(OWNER, MANAGER)
  await end(bench, id)
  await crash(bench, 'bea')
  await until('bea crashed')
  expect(alertsTo(bench)).toHaveLength(1)
})

test('what Telegram has taken and a full disk could not keep is said once all the same', async () => {
  const { database } = bench.engine
  const { transaction } = database
  let full = false
  database.transaction = (work) => (full ? Promise.reject(new Error('disk full')) : transaction(work))
  bench.sandbox.onChange((event) => {
    if (event.type === 'message' && event.message.from.is_bot) full = true
  })
  await crash(bench, 'ada')
  await until('ada crashed')
  for (let times = 0; times < 5; times++) await pass(MINUTE)
  full = false
  await pass(MINUTE)
  await crash(bench, 'ada')
  await until('crashed 2 times')
  expect(alertsTo(bench)).toHaveLength(1)
})

test('buttons of what was open for days work still', async () => {
  await crash(bench, 'ada')
  const alert = await until('ada crashed')
  clock.leap(5 * 24 * HOUR)
  await crash(bench, 'ada')
  await until('crashed 2 times')
  expect(labelsOf(await until('crashed 2 times'))).toContain('Ack')
  await bench.sandbox.press(OWNER, MANAGER, alert.message_id, 'Ack')
  await until('@olga takes care of it')
  expect(repliesTo(bench.said(), alert).every(({ text }) => text.startsWith('Not over yet'))).toBe(true)
})
