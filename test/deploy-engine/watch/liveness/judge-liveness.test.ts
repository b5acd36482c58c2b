import { describe, expect, test } from 'vitest'
import type { Connection, NetworkView } from '../../../../deploy-engine/container/socket-table.ts'
import { judgeLiveness } from '../../../../deploy-engine/watch/liveness/judge-liveness.ts'
import type { Look } from '../../../../deploy-engine/watch/liveness/look.ts'

const START = 1_000_000

const at = (seconds: number, more: Partial<Look> = {}): Look => ({
  at: START + seconds * 1000,
  startedAt: START,
  ...{ running: true, exitCode: 0, outOfMemory: false, restarts: 0, health: 'none' },
  ...more,
})

type Parts = { api?: Partial<Connection>[]; others?: (Partial<Connection> & { to: string })[]; closed?: number[] }

const network = ({ api = [], others = [], closed = [] }: Parts = {}): { network: NetworkView } => ({
  network: {
    ...{ open: [], asked: [], listens: false, closed },
    api: api.map((one) => ({ ...QUIET, ...one })),
    others: others.map((one) => ({ ...QUIET, ...one })),
  },
})
const QUIET: Connection = { port: 40_000, sent: 900, sentMs: 900_000, quietMs: 900_000, sending: false }

const polling = { pending: 0, ...network({ api: [{ sentMs: 9_000, quietMs: 9_000, waitsMs: 9_000 }] }) }
const nothing = { pending: 2, ...network() }

/** It polled, then updates wait from the 300th second on. */
const worked = [60, 100, 140, 180, 220, 260].map((second) => at(second, polling))
const waits = (more: (second: number) => Partial<Look> = () => ({}), until = 490): Look[] => {
  const seconds = [300, 315, 345, 375, 405, 435, 465, 490, 520, 550, 580, 610, 700, 800, 880, 890, 901]
  return seconds.filter((second) => second <= until).map((second) => at(second, { ...nothing, ...more(second) }))
}

const measured = (second: number, cpuNs: number, sentBytes = 0) => ({ at: START + second * 1000, cpuNs, sentBytes })

const judge = (...looks: Look[]) => judgeLiveness(looks, { polled: true })
const state = (...looks: Look[]) => judge(...looks)?.state

describe('while updates wait', () => {
  test('a bot that shows nothing is deaf after 190 s, seen at a look at its connections', () => {
    const looks = [...worked, ...waits()]
    expect(state(...looks.slice(0, -1))).toBe('busy')
    expect(judge(...looks)).toMatchObject({
      state: 'deaf',
      waiting: 2,
      found: 'It runs, but takes no updates: 2 have waited for 3 minutes, and it does nothing',
    })
    expect(state(...looks.slice(0, -1), at(490, { pending: 2 }))).toBe('busy')
  })

  test.each<[string, (second: number) => Partial<Look>]>([
    ['takes one', (second) => ({ pending: second < 375 ? 2 : 1 })],
    ['needs the processor', (second) => ({ usage: measured(second, (second > 360 ? 1e9 : 0) + second * 1e5) })],
    ['called the Bot API', (second) => (second < 405 ? {} : network({ api: [{ sentMs: (second - 400) * 1000 }] }))],
    ['calls it on a connection that it closes', (second) => network({ closed: second < 405 ? [] : [51_000] })],
    ['uploads', (second) => network({ api: [{ sending: true, sent: second * 1e6 }] })],
    [
      'waits for an answer of somebody else',
      (second) => network({ others: [{ to: '192.0.2.1:443', waitsMs: (second - 299) * 1000 }] }),
    ],
    [
      'may wait for one, by TLS',
      (second) => network({ others: [{ to: '192.0.2.1:443', sentMs: (second - 299) * 1000 }] }),
    ],
  ])('one that %s is busy or working', (_, more) => {
    expect(['busy', 'working']).toContain(state(...worked, ...waits(more)))
  })

  test('one that may wait for somebody is deaf after ten minutes', () => {
    const more = (second: number) => network({ others: [{ to: '192.0.2.1:443', sentMs: (second - 299) * 1000 }] })
    expect(state(...worked, ...waits(more, 890))).toBe('busy')
    expect(state(...worked, ...waits(more, 901))).toBe('deaf')
  })

  test.each<[string, Partial<Connection> & { to: string }]>([
    ['idle connections of a pool', { to: '10.0.0.5:5432' }],
    ['a heartbeat of a pool', { to: '10.0.0.5:5432', sentMs: 500, quietMs: 500 }],
    ['a queue that it waits for', { to: '10.0.0.5:6379', sentMs: 2_000, waitsMs: 2_000 }],
  ])('%s are no work: it has them when nothing waits, too', (_, connection) => {
    const idle = worked.map((look) => ({
      ...look,
      ...network({ api: [{ sentMs: 9_000, quietMs: 9_000, waitsMs: 9_000 }], others: [connection] }),
    }))
    expect(state(...idle, ...waits(() => network({ others: [connection] })))).toBe('deaf')
  })

  test('one that sends more than usual to its database has ten minutes', () => {
    const pool = (sent: number) => network({ others: [{ to: '10.0.0.5:5432', sent }] })
    const idle = worked.map((look) => ({ ...look, network: { ...pool(900).network, api: polling.network.api } }))
    const queries = (second: number) => pool(900 + (second - 300) * 40)
    expect(state(...idle, ...waits(queries))).toBe('busy')
    expect(state(...idle, ...waits(queries, 901))).toBe('deaf')
    expect(state(...idle, ...waits((second) => pool(900 + (second - 300) * 4)))).toBe('deaf')
  })

  test('one that was never seen to call Telegram may do so through somebody else: it has ten minutes', () => {
    const proxy = (sentMs: number) => network({ others: [{ to: '10.0.0.9:1080', sentMs, quietMs: sentMs }] })
    const idle = worked.map((look) => ({ ...look, ...proxy(9_000) }))
    expect(state(...idle, ...waits(() => proxy(9_000)))).toBe('busy')
    expect(state(...idle, ...waits(() => proxy(9_000), 901))).toBe('deaf')
    expect(state(...idle, ...waits((second) => proxy((second - 250) * 1000)))).toBe('deaf')
  })

  test('a poll that never ends is no work: the other end is gone', () => {
    const hangs = (second: number) =>
      network({ api: [{ sentMs: (second - 250) * 1000, waitsMs: (second - 250) * 1000 }] })
    expect(state(...worked, ...waits(hangs))).toBe('deaf')
    const justBefore = (second: number) =>
      network({ api: [{ sentMs: (second - 290) * 1000, waitsMs: (second - 290) * 1000 }] })
    expect(state(...worked, ...waits(justBefore, 520))).toBe('deaf')
  })

  test('where the kernel tells nothing, one that sends nothing is deaf', () => {
    const blind = (bytes: number) => (second: number) => ({
      pending: 2,
      blind: true as const,
      usage: measured(second, 0, second * bytes),
    })
    const without = (looks: Look[]) => looks.map(({ network: _, ...look }) => look)
    expect(state(...worked, ...without(waits(blind(1))))).toBe('deaf')
    expect(state(...worked, ...without(waits(blind(20))))).toBe('busy')
  })

  test('nobody is deaf while Telegram does not answer, nor at once afterwards', () => {
    const lost = { unanswered: true as const, ...network() }
    const { pending: _, ...rest } = at(480, lost)
    expect(state(...worked, ...waits(() => ({}), 465), rest, { ...rest, at: START + 490_000 })).toBe('unknown')
    const away = [rest, { ...rest, at: START + 485_000 }]
    expect(state(...worked, ...waits(() => ({}), 465), ...away, at(490, nothing), at(520, nothing))).not.toBe('deaf')
  })

  test('one answer that got lost changes nothing', () => {
    const looks = [...worked, ...waits()]
    const { pending: _, ...lost } = looks[8] ?? at(0)
    expect(state(...looks.with(8, { ...lost, unanswered: true }))).toBe('deaf')
  })

  test('what was seen before a restart does not count', () => {
    const startedAt = START + 440_000
    expect(state(...worked, ...waits().map((look) => (look.at > startedAt ? { ...look, startedAt } : look)))).not.toBe(
      'deaf',
    )
  })
})

describe('while none wait', () => {
  const still = (seconds: number[], more: Partial<Look> = {}) =>
    seconds.map((second) => at(second, { pending: 0, ...network(), ...more }))

  test('a bot that used to poll and has no connection to the Bot API is deaf after three minutes', () => {
    const looks = [...worked, ...still([300, 320, 340, 400, 460])]
    expect(state(...looks)).toBe('idle')
    expect(judge(...looks, ...still([480]))).toMatchObject({
      state: 'deaf',
      found: 'It runs, but has not asked Telegram for updates for 3 minutes',
    })
  })

  test('what was seen while an answer got lost counts', () => {
    const [first, ...rest] = still([300, 320, 340, 400, 460, 480])
    const { pending: _, ...lost } = first ?? at(300)
    expect(state(...worked, { ...lost, unanswered: true }, ...rest)).toBe('deaf')
  })

  test('one that only asks from time to time, on a connection that it closes, is idle', () => {
    const seldom = [60, 100, 140, 180, 220, 260].map((second, index) =>
      at(second, { pending: 0, ...network({ closed: index % 2 === 0 ? [40_000 + index] : [] }) }),
    )
    expect(state(...seldom, ...still([300, 320, 340, 400, 460, 480]))).toBe('idle')
  })

  test('one that was never seen to take anything is unproven', () => {
    expect(judgeLiveness(still([60, 120, 400]), { polled: false })?.state).toBe('unproven')
  })

  test('one that works on something else is idle', () => {
    const busy = still([300, 320, 340, 400, 460, 480]).map((look, index) => ({
      ...look,
      usage: { at: look.at, cpuNs: index * 4e9, sentBytes: 0 },
    }))
    expect(state(...worked, ...busy)).toBe('idle')
  })

  test('a connection on which nothing moves for longer than any poll is none', () => {
    const hangs = (second: number) => ({ pending: 0, ...network({ api: [{ quietMs: (second - 250) * 1000 }] }) })
    const looks = [300, 351, 371, 391, 411, 431].map((second) => at(second, hangs(second)))
    expect(judge(...worked, ...looks)).toMatchObject({ state: 'deaf', silentSince: START + 250_000 })
  })
})

describe('a webhook', () => {
  const failing = (lastError: string) => (second: number) => ({
    webhook: { lastErrorAt: START + (second - 20) * 1000, lastError },
  })

  test('to which Telegram can’t deliver makes it deaf, a handler that takes long does not', () => {
    expect(judge(...waits(failing('Connection refused')))?.found).toBe(
      'Telegram can’t deliver to its webhook (Connection refused): 2 have waited for 3 minutes',
    )
    expect(state(...waits(failing('Read timeout expired')))).toBe('busy')
    expect(state(...waits(() => ({ webhook: { lastErrorAt: undefined } })))).toBe('busy')
  })
})

describe('Telegram', () => {
  test('has to refuse a token twice within a minute', () => {
    const refused = (second: number) => at(second, { refused: true })
    expect(state(...worked, refused(300))).toBe('unknown')
    expect(state(...worked, refused(300), refused(360))).toBe('refused')
    expect(state(...worked, refused(300), at(330, polling), refused(360))).toBe('unknown')
    expect(state(...worked, refused(300), at(303, { unanswered: true }), refused(360))).toBe('refused')
  })

  test('tells a bot that another one polls: at two readings of its log in a row', () => {
    const said = (second: number, conflicts: number) => at(second, { ...polling, conflicts })
    expect(state(...worked, said(300, 2), at(340, polling))).toBe('idle')
    expect(state(...worked, said(300, 2), at(340, polling), said(420, 3))).toBe('elsewhere')
    expect(state(...worked, said(300, 2), said(420, 3), said(540, 0))).toBe('idle')
  })
})

test('the last sign is told with its time', () => {
  expect(judge(...worked)?.sign).toEqual({ at: START + 260_000, what: 'was connected to the Bot API' })
  const called = (second: number) => (second < 405 ? {} : network({ api: [{ sentMs: (second - 400) * 1000 }] }))
  expect(judge(...worked, ...waits(called))?.sign).toEqual({ at: START + 400_000, what: 'called the Bot API' })
  expect(judge(...worked, at(300, { pending: 3 }), at(315, { pending: 1 }))).toMatchObject({
    state: 'working',
    sign: { what: 'took an update' },
  })
})
