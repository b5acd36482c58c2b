import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acknowledge, mute } from '../../../deploy-engine/index.ts'
import type { Chat } from '../../../manager-bot/chat/open-chat.ts'
import { IncidentMessageSchema } from '../../../manager-bot/chat/records/incident-message.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type LeapClock, leapClock } from '../../helpers/leap-clock.ts'
import { alertsTo, change, crash, end, HOUR, labelsOf, MINUTE, repliesTo } from './alert-bench.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench
let chat: Chat
let clock: LeapClock
let began: number

beforeEach(async () => {
  clock = leapClock()
  bench = await chatBench({ clock })
  bench.sandbox.privateChat(OWNER, MANAGER)
  bench.sandbox.limit()
  chat = await bench.start()
  await bench.register('echo-bot')
  began = bench.engine.clock.now()
})

afterEach(() => bench.close())

/** Lets it be so long after the beginning. */
const at = (ms: number) => clock.leap(Math.max(0, began + ms - bench.engine.clock.now()))

/**
 * Once all that was due has been said and is written down: what a person asks for comes after alerts. A reminder that
 * comes in between is no answer.
 */
const calm = async () => {
  await chat.alerts.resume()
  const asked = bench.says('/bots')
  const listed = () => bench.said().some((message) => message.message_id > asked.message_id && isList(message))
  await bench.sandbox.waitFor(listed, { what: 'the list of bots' })
}

const isList = ({ text }: { text: string }) => text.includes('not deployed')

const told = async (text: string) => {
  const shows = () => alertsTo(bench).find((message) => message.text.includes(text))
  const message = await bench.sandbox.waitFor(shows, { what: text })
  await calm()
  return message
}

const rows = () => bench.engine.database.read.find(IncidentMessageSchema)

const reminders = () => bench.said().filter(({ text }) => text.startsWith('Not over yet'))

const reminded = async (count: number) => {
  await bench.sandbox.waitFor(() => reminders().length === count)
  await calm()
}

const hoursOf = (messages: readonly { date: number }[]) =>
  messages.map(({ date }) => Math.round(((date * 1000 - began) / HOUR) * 10) / 10)

const aboutIt = () => bench.said().filter((message) => !isList(message))

const calls = () => bench.sandbox.calls.filter(({ method }) => /^(send|edit)Message/.test(method))

const shown = () => eventually(async () => expect((await rows()).map(({ state }) => state)).toEqual(['over']))

test('while nobody takes care: a reminder that sounds after an hour, then every twelve', async () => {
  await crash(bench, 'echo-bot')
  const alert = await told('crashed')
  for (const [number, hour] of [1, 13, 25].entries()) {
    at((hour - 0.1) * HOUR)
    await calm()
    expect(reminders()).toHaveLength(number)
    at(hour * HOUR)
    await reminded(number + 1)
  }
  expect(hoursOf(reminders())).toEqual([1, 13, 25])
  expect(reminders().every(({ silent, reply_to }) => !silent && reply_to === alert.message_id)).toBe(true)
  expect(aboutIt()).toHaveLength(4)
})

test('a mute shows in what was told before, and ends by itself', async () => {
  await crash(bench, 'echo-bot')
  const alert = await told('crashed')
  await mute(bench.engine, { bot: 'echo-bot', forMs: 10 * MINUTE, by: 'terminal:root' })
  expect(labelsOf(await told('Muted until '))).toContain('Unmute')
  at(5 * MINUTE)
  await crash(bench, 'echo-bot')
  expect((await told('crashed 2 times')).text).toContain('Muted until ')
  at(10 * MINUTE + 1000)
  const unmuted = await bench.sandbox.waitFor(() => alertsTo(bench).find(({ text }) => !text.includes('Muted')))
  expect(unmuted.message_id).toBe(alert.message_id)
  expect(labelsOf(unmuted)).toContain('Mute 1 h')
})

describe('no reminder', () => {
  test('once somebody takes care of it', async () => {
    const { id } = await crash(bench, 'echo-bot')
    await acknowledge(bench.engine, id, `telegram:${OWNER}`)
    await told('42 takes care of it')
    at(3 * HOUR)
    await calm()
    expect(reminders()).toEqual([])
    // That ends with the incident.
    await end(bench, id)
    await crash(bench, 'echo-bot')
    await reminded(1)
    expect(alertsTo(bench)[0]?.text).not.toContain('takes care')
  })

  test('while it is muted; one that became due meanwhile comes at its end', async () => {
    await crash(bench, 'echo-bot')
    await told('crashed')
    at(30 * MINUTE)
    await mute(bench.engine, { bot: 'echo-bot', forMs: 2 * HOUR, by: 'terminal:root' })
    at(2.4 * HOUR)
    await calm()
    expect(reminders()).toEqual([])
    at(2.5 * HOUR)
    await reminded(1)
  })

  test('at the same time as the alert, when a mute held that back', async () => {
    await mute(bench.engine, { bot: 'echo-bot', forMs: 2 * HOUR, by: 'terminal:root' })
    await crash(bench, 'echo-bot')
    at(1.9 * HOUR)
    await calm()
    expect(alertsTo(bench)).toEqual([])
    at(2 * HOUR + 1000)
    await told('crashed')
    at(2.9 * HOUR)
    await calm()
    expect(reminders()).toEqual([])
    at(3 * HOUR + MINUTE)
    await reminded(1)
  })

  test('once it is over', async () => {
    const { id } = await crash(bench, 'echo-bot')
    await told('crashed')
    at(30 * MINUTE)
    await end(bench, id)
    at(2 * HOUR)
    await calm()
    expect(reminders()).toEqual([])
  })
})

test('a bot that crashes every 11 minutes all night is one message, with a reminder', async () => {
  for (let minutes = 0; minutes < 10 * 60; minutes += 11) {
    at(minutes * MINUTE)
    const { id, count } = await crash(bench, 'echo-bot')
    const times = count === 1 ? 'crashed' : `crashed ${count} times`
    await told(times)
    // An hour is over in the middle of the sixth time.
    at((minutes + 9) * MINUTE)
    await calm()
    at((minutes + 10) * MINUTE)
    await end(bench, id)
    await told(`✓ over: echo-bot ${times}`)
  }
  await shown()
  const [alert, ...others] = alertsTo(bench)
  expect(alert?.text).toContain('echo-bot crashed 55 times')
  expect(others).toEqual([])
  expect(repliesTo(bench.said(), alert ?? expect.fail('no alert')).map(({ text }) => text)).toEqual([
    'echo-bot — over: fine for 10 minutes',
    expect.stringMatching(/^Not over yet: echo-bot crashed 6 times: exit code 1\. Since \d\d:\d\d\.$/),
  ])
  expect(aboutIt()).toHaveLength(3)
  expect(aboutIt().filter(({ silent }) => !silent)).toHaveLength(2)
  expect(bench.sandbox.refusals(bench.manager.id)).toBe(0)
  console.log(`55 crashes and ends in 10 h: ${aboutIt().length} messages, ${edits()} edits`)
})

test('1,000 crashes in one night: one message, all within the budget', async () => {
  let id = 0
  for (let number = 0; number < 1000; number++) {
    at((number * 10 * HOUR) / 1000)
    id = (await crash(bench, 'echo-bot')).id
    if (number === 0) await told('crashed')
    if (number === 5) await change(bench, id, { kind: 'crash_loop' })
  }
  await told('1000 times since')
  await end(bench, id)
  await told('✓ over')
  await shown()
  expect(alertsTo(bench)).toHaveLength(1)
  expect(reminders()).toHaveLength(1)
  expect(aboutIt()).toHaveLength(3)
  expect(bench.sandbox.refusals(bench.manager.id)).toBe(0)
  console.log(`1,000 crashes in 10 h: ${aboutIt().length} messages, ${edits()} edits`)
})

const edits = () => calls().filter(({ method }) => /^edit/.test(method)).length
