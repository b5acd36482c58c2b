import { TelegramError } from 'telegraf'
import { beforeEach, expect, test } from 'vitest'
import type { Database } from '../../deploy-engine/index.ts'
import type { BotApi } from '../../manager-bot/chat/bot-api.ts'
import { poll } from '../../manager-bot/chat/poll.ts'
import { openWatchdog, type Watchdog } from '../../manager-bot/watchdog.ts'
import { quietLog } from '../helpers/engine.ts'
import { type VirtualClock, virtualClock } from '../helpers/memory-docker/virtual-clock.ts'

const MINUTE = 60_000

type Call = { timeoutMs: number; signal: AbortSignal }

let clock: VirtualClock
let stop: AbortController
let entries: { fields: Record<string, unknown>; message: string }[]
let answers: (work: () => Promise<unknown>) => Promise<unknown>
let ended: number

beforeEach(() => {
  clock = virtualClock()
  stop = new AbortController()
  entries = []
  answers = (work) => work()
  ended = 0
})

const watch = (dueAt: () => number): Watchdog => {
  const transaction: Database['transaction'] = (work) => answers(() => work(never)) as never
  const database: Database = { transaction, read: never, version: never, copyTo: never, examine: never }
  const log = {
    ...quietLog,
    error: (fields: Record<string, unknown>, message: string) => entries.push({ fields, message }),
  }
  const end = () => {
    ended += 1
  }
  const watchdog = openWatchdog({ clock, database, log, dueAt, end })
  void watchdog.run(stop.signal)
  return watchdog
}

const never = undefined as never

/** A poll loop against a Telegram that answers so. */
const polling = (call: (asked: Call) => Promise<never[]>, accept = async () => []): Watchdog => {
  let dueAt = clock.elapsed()
  const loop = poll(
    {
      api: { call: (_method: string, _payload: unknown, asked: Call) => call(asked) } as unknown as BotApi,
      clock,
      random: () => 0.5,
      log: quietLog,
      offset: 0,
      accept,
      handle: () => {},
      trouble: { conflict: async () => {}, heard: async () => {} },
      answered: () => {},
      alive: (waitMs = 0) => {
        dueAt = clock.elapsed() + waitMs
      },
    },
    stop.signal,
  )
  loop.catch(() => {})
  return watch(() => dueAt)
}

const quiet = async ({ signal }: Call) => {
  await clock.sleep(50_000, signal)
  return []
}
const silent = async ({ timeoutMs, signal }: Call) => {
  await clock.sleep(timeoutMs, signal)
  throw new Error('no answer')
}
const ill = async () => {
  throw new Error('502')
}
const penalty = async () => {
  throw new TelegramError({ error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 600 } })
}

test.each([
  ['quiet', quiet],
  ['silent', silent],
  ['ill', ill],
  ['leaving us waiting for ten minutes', penalty],
])('a Telegram that is %s is no reason to end', async (_, call) => {
  const watchdog = polling(call)
  for (let second = 0; second < 1800; second++) {
    await clock.pass(1000)
    expect(watchdog.isWell()).toBe(true)
  }
  expect(ended).toBe(0)
  stop.abort()
})

test('a poll loop that hangs over an update ends the process after 60 s, with a line in the log', async () => {
  const update = async () => [{ update_id: 1 } as never]
  const watchdog = polling(update, () => new Promise<never>(() => {}))
  await clock.pass(29_000)
  expect(watchdog.isWell()).toBe(true)
  await clock.pass(2_000)
  expect(watchdog.isWell()).toBe(false)
  await clock.pass(28_000)
  expect(ended).toBe(0)
  await clock.pass(8_000)
  expect(ended).toBe(1)
  expect(entries).toEqual([
    { fields: { part: 'poll loop', silentMs: 65_000 }, message: expect.stringContaining('hangs') },
  ])
  await clock.pass(5 * MINUTE)
  expect(ended).toBe(1)
})

test('so does a database that answers no more, while the loop goes on', async () => {
  const watchdog = polling(quiet)
  await clock.pass(10 * MINUTE)
  answers = () => new Promise(() => {})
  await clock.pass(37_000)
  expect(watchdog.isWell()).toBe(false)
  expect(ended).toBe(0)
  await clock.pass(35_000)
  expect(ended).toBe(1)
  expect(entries[0]?.fields).toMatchObject({ part: 'database' })
  stop.abort()
})

test('a database that refuses, or takes its time, is alive', async () => {
  const watchdog = polling(quiet)
  answers = async () => {
    throw new Error('disk full')
  }
  await clock.pass(5 * MINUTE)
  answers = (work) => clock.sleep(20_000).then(work)
  await clock.pass(5 * MINUTE)
  expect(watchdog.isWell()).toBe(true)
  expect(ended).toBe(0)
  stop.abort()
})

test('a process that was suspended for an hour is not ended for that', async () => {
  let dueAt = clock.elapsed()
  const watchdog = watch(() => dueAt)
  // Its first look comes before the loop has had the time to turn.
  dueAt -= 3_600_000
  await clock.pass(3_000)
  expect(watchdog.isWell()).toBe(false)
  dueAt = clock.elapsed() + 65_000
  await clock.pass(MINUTE)
  expect(watchdog.isWell()).toBe(true)
  expect(ended).toBe(0)
  stop.abort()
})
