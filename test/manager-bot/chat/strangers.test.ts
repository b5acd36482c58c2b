import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openStrangers } from '../../../manager-bot/chat/strangers.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const HOUR = 3600_000

let bench: ChatBench
let hours = 0

beforeEach(async () => {
  bench = await chatBench()
  hours = 0
})

afterEach(() => bench.close())

/** A process of its own in the same database, at its own time. */
const strangers = (chat: Awaited<ReturnType<ChatBench['start']>>) => {
  const clock = { ...bench.engine.clock, now: () => hours * HOUR }
  return openStrangers({ ...bench.engine, clock }, { outbox: chat.outbox, log: bench.engine.log })
}

const notes = () => bench.said().filter(({ text }) => text.includes('I answered none'))

test('owners are told once a day, across restarts, and only when somebody came', async () => {
  bench.sandbox.privateChat(OWNER, MANAGER)
  const chat = await bench.start()
  const first = strangers(chat)
  await first.settle()
  for (const person of [7, 8, 7]) first.count(person)
  await first.settle()
  hours = 20
  const second = strangers(chat)
  for (const person of [8, 9]) second.count(person)
  await second.settle()
  expect(notes()).toEqual([])
  hours = 24
  await strangers(chat).settle()
  await bench.sandbox.waitFor(() => notes().length === 1)
  expect(notes()[0]?.text).toBe('5 messages from 3 strangers since yesterday. I answered none.')
  hours = 60
  await strangers(chat).settle()
  const third = strangers(chat)
  third.count(7)
  await third.settle()
  hours = 130
  await third.settle()
  await bench.sandbox.waitFor(() => notes().length === 2)
  expect(notes()[1]?.text).toBe('One message from one stranger in 3 days. I answered none.')
})

test('a thousand messages in a burst are no transactions of their own, and hold nobody up', async () => {
  bench.sandbox.addPerson({ id: 666, name: 'Mallory' })
  await bench.start()
  await bench.answer('/bots')
  const transactions = vi.spyOn(bench.engine.database, 'transaction')
  const began = performance.now()
  for (let count = 0; count < 1000; count++) bench.sandbox.say(666, MANAGER, '/start AAAAAAAAAAAAAAAAAAAAAA')
  expect(await bench.answer('/bots')).toContain('no bots yet')
  const tookMs = performance.now() - began
  const strangersSeen = () => bench.entries.filter(({ message }) => message.includes('strangers'))
  await eventually(() => expect(strangersSeen().at(-1)?.fields.messages).toBe(1000))
  // One for each batch of updates, and those of the answer.
  expect(transactions.mock.calls.length).toBeLessThan(50)
  expect(tookMs).toBeLessThan(15_000)
})

test('what was counted before a stop is not lost', async () => {
  bench.sandbox.addPerson({ id: 666, name: 'Mallory' })
  bench.sandbox.privateChat(OWNER, MANAGER)
  await bench.start()
  bench.sandbox.say(666, MANAGER, 'hello')
  await eventually(() => expect(bench.entries.some(({ message }) => message.includes('strangers'))).toBe(true))
  const chat = await bench.restart()
  hours = Date.now() / HOUR + 24
  await strangers(chat).settle()
  await bench.sandbox.waitFor(() => notes().length === 1)
})
