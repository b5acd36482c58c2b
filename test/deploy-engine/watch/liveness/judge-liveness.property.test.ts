import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Handler, type ModelProgram, modelBot } from './model-bot.ts'
import { type Seen, type Watching, watchModel } from './watch-model.ts'

const START = 1_000_000_000
const MINUTE = 60_000
const LENGTH = 25 * MINUTE
const RUNS = 200

const handler = (by: Handler['by'][], longestMs: number): fc.Arbitrary<Handler> =>
  fc.record({
    ms: fc.oneof(fc.integer({ min: 0, max: longestMs }), fc.constant(longestMs)),
    by: fc.constantFrom(...by),
  })

/** How the libraries of docs/liveness.md poll: telegraf, grammY, node-telegram-bot-api, python-telegram-bot. */
const library = fc.constantFrom(
  { pollMs: 50_000, keepAlive: true, threads: false },
  { pollMs: 30_000, keepAlive: true, threads: false },
  { pollMs: 30_000, keepAlive: false, threads: false },
  { pollMs: 10_000, keepAlive: true, threads: true },
)

const program = (handlers: fc.Arbitrary<Handler>): fc.Arbitrary<ModelProgram> =>
  fc
    .record({
      library,
      handler: handlers,
      tls: fc.boolean(),
      pool: fc.constantFrom('none' as const, 'idle' as const, 'beats' as const, 'blocks' as const),
      healthServer: fc.boolean(),
    })
    .map(({ library, ...rest }) => ({ ...library, ...rest }))

const times = (from: number, to: number, most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: START + from, max: START + to }), { maxLength: most })

/** Looks take up to a second and a half, and of seven answers of Telegram one may get lost. */
const slips = fc
  .record({ ms: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 7, maxLength: 7 }), loses: fc.boolean() })
  .map(({ ms, loses }) => ms.map((one, index) => ({ ms: one, lost: loses && index === 3 })))

const away = fc.option(
  fc.integer({ min: 0, max: LENGTH }).map((at): [number, number] => [START + at, START + at + 4 * MINUTE]),
  { nil: undefined },
)

const watched = { from: fc.constant(START + 20_000), until: fc.constant(START + LENGTH), slips }

const check = <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = RUNS): void =>
  fc.assert(fc.property(arbitrary, holds), { numRuns, interruptAfterTimeLimit: 30_000 })

const deafAmong = (seen: Seen[]): number[] => seen.filter(({ judged }) => judged.state === 'deaf').map(({ at }) => at)

describe('a bot that works', () => {
  test('is never called deaf: idle, slow but draining, busy for three minutes, restarted, with Telegram away', () => {
    const busy = handler(['nothing', 'cpu', 'calls', 'waiting', 'waiting by TLS'], 3 * MINUTE)
    const lives = fc.record({ ...watched, says: times(0, LENGTH, 60), restarts: times(MINUTE, LENGTH, 2), away })
    check(fc.tuple(program(busy), lives), ([given, { away, ...life }]) => {
      const watching: Watching = { ...life, ...(away && { away }) }
      expect(deafAmong(watchModel(modelBot(given, START), watching))).toEqual([])
    })
  })

  test('is not called deaf while it waits for somebody else, up to ten minutes', () => {
    const waiting = handler(['waiting', 'waiting by TLS'], 9 * MINUTE)
    check(fc.tuple(program(waiting), fc.record({ ...watched, says: times(0, LENGTH, 6) })), ([given, life]) => {
      expect(deafAmong(watchModel(modelBot(given, START), life))).toEqual([])
    })
  })

  test('is not called deaf while it works off a hundred updates with its database alone', () => {
    const stores = fc.record({ ms: fc.integer({ min: 0, max: 5_000 }), by: fc.constant('database' as const) })
    const stored = program(stores).map((given): ModelProgram => ({ ...given, pool: 'idle' }))
    const burst = fc.tuple(fc.integer({ min: 4 * MINUTE, max: 10 * MINUTE }), fc.integer({ min: 1, max: 100 }))
    const says = burst.map(([at, count]) => Array.from({ length: count }, (_, index) => START + at + index * 10))
    check(fc.tuple(stored, fc.record({ ...watched, says })), ([given, life]) => {
      expect(deafAmong(watchModel(modelBot(given, START), life))).toEqual([])
    })
  })

  test('costs next to no probes but the spare ones while it is idle', () => {
    const idle = fc.constant<Handler>({ ms: 0, by: 'nothing' })
    check(fc.tuple(program(idle), slips), ([given, slips]) => {
      const hour = { from: START, until: START + 60 * MINUTE, slips, spare: false }
      expect(watchModel(modelBot(given, START), hour).at(-1)?.probes).toBeLessThan(3)
    })
  })
})

/** Until then it has worked. */
const DEAF_AT = 10 * MINUTE

describe('a deaf bot', () => {
  const quick = program(handler(['nothing', 'cpu', 'calls'], 2_000))
  const how = fc.constantFrom('closes' as const, 'leaves it open' as const)
  const turnsDeaf = fc.tuple(quick, how).map(([given, how]): ModelProgram => ({ ...given, deaf: { at: DEAF_AT, how } }))
  const before = times(0, DEAF_AT - MINUTE, 20)

  test('is found within four minutes of the first update that it does not take, and not within three', () => {
    const says = fc.tuple(before, times(DEAF_AT, DEAF_AT + 9 * MINUTE, 8), times(DEAF_AT, DEAF_AT + 9 * MINUTE, 1))
    const lives = fc.record({ ...watched, says: says.map((all) => all.flat()) })
    check(fc.tuple(turnsDeaf, lives), ([given, life]) => {
      const bot = modelBot(given, START)
      const deaf = deafAmong(watchModel(bot, life))
      const lost = bot.lostSince()
      // Its last poll may have been a while before.
      expect(deaf.every((at) => at - START >= DEAF_AT - given.pollMs + 3 * MINUTE)).toBe(true)
      if (lost === undefined) return
      expect(deaf.find((at) => at >= lost) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(lost + 4 * MINUTE)
    })
  })

  test('is found as soon if it never comes back from a handler', () => {
    const hangs = program(fc.constant<Handler>({ ms: MINUTE, by: 'nothing' })).map(
      (given): ModelProgram => ({ ...given, threads: false, deaf: { at: DEAF_AT, how: 'in a handler' } }),
    )
    check(fc.tuple(hangs, fc.integer({ min: 0, max: 40_000 }), slips), ([given, later, slips]) => {
      const lost = START + DEAF_AT + later
      const life = { from: START + 20_000, until: START + LENGTH, says: [lost], slips }
      const [found = Number.POSITIVE_INFINITY] = deafAmong(watchModel(modelBot(given, START), life))
      expect(found).toBeLessThanOrEqual(lost + 4 * MINUTE)
      expect(found).toBeGreaterThan(lost + 3 * MINUTE)
    })
  })

  test('is found within five minutes when nobody writes to it', () => {
    check(fc.tuple(turnsDeaf, fc.record({ ...watched, says: before })), ([given, life]) => {
      const [found = Number.POSITIVE_INFINITY] = deafAmong(watchModel(modelBot(given, START), life))
      expect(found).toBeLessThanOrEqual(START + DEAF_AT + 5 * MINUTE)
      expect(found).toBeGreaterThanOrEqual(START + DEAF_AT - given.pollMs + 3 * MINUTE)
    })
  })
})
