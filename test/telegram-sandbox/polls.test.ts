import { expect, test } from 'vitest'
import { getUpdates } from '../../telegram-sandbox/api/methods/receiving.ts'
import { openPolls, type PollRequest, poll } from '../../telegram-sandbox/api/polls.ts'
import { addBot } from '../../telegram-sandbox/world/residents.ts'
import { emptyState } from '../../telegram-sandbox/world/state.ts'
import { pushUpdate } from '../../telegram-sandbox/world/updates.ts'
import type { World } from '../../telegram-sandbox/world/world.ts'

// These rules are about seconds of waiting: the clock and the timers are the test's own.
const virtualTime = () => {
  let now = Date.UTC(2026, 10, 23)
  const timers = new Set<{ at: number; run: () => void }>()
  return {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pass: (ms: number) => {
      now += ms
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer)
        timer.run()
      }
    },
  }
}

const openBot = () => {
  const time = virtualTime()
  const world: World = { state: emptyState(), now: time.now, random: () => 0.5, listeners: new Set() }
  const bot = addBot(world, { username: 'echo_bot' })
  const polls = openPolls(world, time.after)
  const ask = (request: Partial<PollRequest>) => {
    const asked = { answer: undefined as unknown[] | undefined }
    const gone = new AbortController().signal
    const answer = poll(polls, bot, { offset: 0, limit: 100, timeout: 0, gone, ...request })
    void answer.then((updates) => Object.assign(asked, { answer: updates }))
    return { asked, answer }
  }
  const call = (values: Record<string, string>) => {
    const asked = { answered: false }
    const params = { values, uploads: {} }
    const reply = getUpdates({ world, polls, bot, params, gone: new AbortController().signal })
    void Promise.resolve(reply).then(() => Object.assign(asked, { answered: true }))
    return asked
  }
  const push = () => pushUpdate(world, bot, { type: 'message', body: {} })
  return { time, ask, call, push }
}

test('the same offset again within 3 s waits 3 s, whatever it asks for', async () => {
  const { time, ask } = openBot()
  await ask({ offset: 9 }).answer
  time.pass(2_900)
  const second = ask({ offset: 9 })
  time.pass(2_900)
  await new Promise(setImmediate)
  expect(second.asked.answer).toBeUndefined()
  time.pass(100)
  expect(await second.answer).toEqual([])
})

test('the same offset after 3 s is answered at once', async () => {
  const { time, ask } = openBot()
  await ask({ offset: 9 }).answer
  time.pass(3_000)
  expect(await ask({ offset: 9 }).answer).toEqual([])
})

test('the same offset again within half a second gets one update', async () => {
  const { time, ask, push } = openBot()
  push()
  push()
  expect(await ask({}).answer).toHaveLength(2)
  time.pass(400)
  expect(await ask({}).answer).toHaveLength(1)
  time.pass(600)
  expect(await ask({}).answer).toHaveLength(2)
})

test('a burst that wakes a poll comes together', async () => {
  const { time, ask, push } = openBot()
  const waiting = ask({ timeout: 50 })
  push()
  push()
  push()
  time.pass(1)
  expect(await waiting.answer).toHaveLength(3)
})

test('a poll waits 50 s at most', async () => {
  const { time, call } = openBot()
  const asked = call({ timeout: '60' })
  time.pass(49_999)
  await new Promise(setImmediate)
  expect(asked.answered).toBe(false)
  time.pass(1)
  await new Promise(setImmediate)
  expect(asked.answered).toBe(true)
})
