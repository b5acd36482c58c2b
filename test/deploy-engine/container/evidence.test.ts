import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge } from '../../../deploy-engine/container/evidence.ts'
import type { Sample } from '../../../deploy-engine/container/sample.ts'
import { deafness, firstSign, isStuck } from '../../../deploy-engine/container/signs.ts'

const START = 1_000_000
const SETTINGS = { readyMs: 60_000, stableMs: 15_000 }

const at = (seconds: number, more: Partial<Sample> = {}): Sample => ({
  at: START + seconds * 1000,
  running: true,
  exitCode: 0,
  outOfMemory: false,
  restarts: 0,
  health: 'none',
  ...more,
})

const verdict = (...samples: Sample[]) => judge(START, samples, SETTINGS)

describe('the gate', () => {
  test('waits while there is nothing to see', () => {
    expect(verdict(at(0, { pending: 0 }), at(30, { pending: 0 }))).toEqual({ kind: 'wait' })
  })

  test('passes as live 15 s after waiting updates were taken', () => {
    const taken = [at(0, { pending: 8 }), at(1, { pending: 1 })]
    expect(verdict(...taken, at(15, { pending: 0 }))).toMatchObject({
      kind: 'wait',
      evidence: 'took 7 waiting updates',
    })
    expect(verdict(...taken, at(16, { pending: 0 }))).toMatchObject({ kind: 'pass', proof: 'live' })
  })

  test('passes as unproven when an idle bot showed nothing in 60 s', () => {
    expect(verdict(at(0, { pending: 0 }), at(60, { pending: 0 }))).toMatchObject({ kind: 'pass', proof: 'unproven' })
  })

  test('fails a bot that exits within its stable time', () => {
    const samples = [at(0, { pending: 5 }), at(1, { pending: 0 }), at(9, { running: false, exitCode: 1 })]
    expect(verdict(...samples)).toMatchObject({ kind: 'fail', code: 'exited', reason: 'it exited with code 1' })
  })

  test('fails when updates wait for 20 s and none is taken', () => {
    const waiting = [0, 5, 10, 15].map((second) => at(second, { pending: second + 1 }))
    expect(verdict(...waiting)).toMatchObject({ kind: 'wait' })
    expect(verdict(...waiting, at(20, { pending: 30 }))).toMatchObject({ kind: 'fail', code: 'deaf' })
  })

  test('goes on past 60 s while updates have just begun to wait', () => {
    expect(verdict(at(50, { pending: 0 }), at(61, { pending: 1 }))).toMatchObject({ kind: 'wait' })
    expect(verdict(at(50, { pending: 0 }), at(61, { pending: 1 }), at(81, { pending: 1 }))).toMatchObject({
      code: 'deaf',
    })
  })

  test('names a lack of memory before the exit that it caused', () => {
    expect(verdict(at(2, { running: false, exitCode: 137, outOfMemory: true }))).toMatchObject({
      code: 'out_of_memory',
    })
  })

  test('blames Telegram and not the release when nothing could be seen', () => {
    const silent = [1, 20, 40, 60].map((second) => at(second, { unanswered: true }))
    expect(verdict(...silent)).toMatchObject({ kind: 'fail', code: 'telegram_unreachable' })
    expect(verdict(...silent, at(61, { pending: 0 }))).toMatchObject({ kind: 'pass', proof: 'unproven' })
    expect(verdict(at(1, { unanswered: true, running: false, exitCode: 1 }))).toMatchObject({
      code: 'telegram_unreachable',
      reason: 'it exited with code 1 while Telegram was unreachable',
    })
  })

  test('waits when Telegram has just not answered', () => {
    expect(verdict(at(58, { pending: 0 }), at(61, { unanswered: true }))).toEqual({ kind: 'wait' })
  })

  test('does not wait for ever for a health check that says nothing', () => {
    const taken = [at(4, { pending: 2 }), at(5, { pending: 0 })]
    expect(verdict(...taken, at(59, { health: 'starting' }))).toMatchObject({ kind: 'wait' })
    expect(verdict(...taken, at(60, { health: 'starting' }))).toMatchObject({ code: 'not_healthy' })
  })

  test('does not call a bot deaf that took updates before', () => {
    const busy = [at(1, { pending: 3 }), at(2, { pending: 0 }), ...[5, 15, 26].map((s) => at(s, { pending: 2 }))]
    expect(verdict(...busy)).toEqual({ kind: 'wait' })
  })

  test('waits for the health check of the image and fails when it says unhealthy', () => {
    const taken = [at(4, { pending: 2 }), at(5, { pending: 0 })]
    expect(verdict(...taken, at(20, { health: 'starting' }))).toMatchObject({ kind: 'wait' })
    expect(verdict(...taken, at(20, { health: 'healthy' }))).toMatchObject({ kind: 'pass' })
    expect(verdict(...taken, at(20, { health: 'unhealthy' }))).toMatchObject({ code: 'not_healthy' })
  })
})

const open = (ms: number, request = '40000/812') => ({
  pending: 0,
  network: { open: [{ request, ms }], asked: [request], listens: false },
})
const asked = (...requests: string[]) => ({ pending: 0, network: { open: [], asked: requests, listens: false } })
const quiet = asked('40000/400')

describe('a sign of polling', () => {
  test('is a request that stays open, seen twice', () => {
    expect(firstSign(START, [at(4, open(3_000)), at(7, open(6_000)), at(16, open(15_000))])).toBeUndefined()
    expect(firstSign(START, [at(7, open(6_000)), at(17, open(16_000))])?.at).toBe(START + 7_000)
  })

  test('is one poll of 10 s after the other', () => {
    const looks = [7, 10, 13, 16, 19].map((second) => at(second, open((second * 1_000) % 10_000, `${second / 10}`)))
    expect(firstSign(START, looks)?.at).toBe(START + 7_000)
  })

  test('is not an idle connection that is left over from getMe', () => {
    expect(
      firstSign(
        START,
        [4, 7, 10, 30, 60].map((second) => at(second, quiet)),
      ),
    ).toBeUndefined()
  })

  test('is not a single slow call', () => {
    const slow = [at(7, open(6_000)), at(10, open(9_000))]
    expect(firstSign(START, [...slow, ...[13, 16, 20, 40].map((second) => at(second, quiet))])).toBeUndefined()
  })

  test('is a new request between any two of six looks', () => {
    const asks = [4, 7, 10, 13, 16, 19].map((second) => at(second, asked(`${second}`)))
    expect(firstSign(START, asks.slice(0, 5))).toBeUndefined()
    expect(firstSign(START, asks)?.at).toBe(START + 4_000)
    expect(firstSign(START, asks.with(3, at(13, asked('10'))))).toBeUndefined()
  })

  test('is a request that has not changed since it was known to be open', () => {
    const looks = [at(7, open(6_000)), at(17, asked('40000/812'))]
    expect(firstSign(START, looks)?.at).toBe(START + 7_000)
  })

  test('is not a request that is open while updates wait', () => {
    const hangs = [7, 12, 17, 22, 28].map((second) => at(second, { ...open(second * 1_000), pending: 1 }))
    expect(firstSign(START, hangs)).toBeUndefined()
    expect(judge(START, hangs, SETTINGS)).toMatchObject({ code: 'deaf' })
  })

  test('is an open request that ends when an update comes, also when that keeps the bot busy', () => {
    const busy = [at(7, open(6_000)), at(10, { ...quiet, pending: 1 }), at(40, { ...quiet, pending: 3 })]
    expect(firstSign(START, busy)?.at).toBe(START + 10_000)
    expect(judge(START, busy, SETTINGS)).toMatchObject({ kind: 'pass', proof: 'live' })
  })
})

describe('updates that become fewer', () => {
  test('at the start may have been dropped, and count when a poll is open after it', () => {
    const dropped = [at(1, { pending: 8 }), at(2, { pending: 0 })]
    expect(firstSign(START, [...dropped, at(5, quiet), at(60, quiet)])).toBeUndefined()
    expect(firstSign(START, [...dropped, at(4, open(2_000))])).toEqual({
      at: START + 2_000,
      evidence: 'took 8 waiting updates',
    })
  })

  test('count later on, and when it happens again', () => {
    expect(firstSign(START, [at(5, { pending: 1 }), at(6, { pending: 0 })])?.at).toBe(START + 6_000)
    const again = [4, 2, 5, 3].map((pending, second) => at(second, { pending }))
    expect(firstSign(START, again)?.at).toBe(START + 1_000)
  })
})

describe('a webhook', () => {
  const webhook = (lastErrorAt?: number, lastError = 'Connection refused') => ({ webhook: { lastErrorAt, lastError } })
  const listening = { network: { open: [], asked: [], listens: true } }

  test('is believed when the bot listens and no delivery has failed since the start', () => {
    expect(firstSign(START, [at(5, { pending: 0, ...webhook(START - 1), ...listening })])?.at).toBe(START + 5_000)
    expect(firstSign(START, [at(5, { ...quiet, ...webhook() })])).toBeUndefined()
    expect(firstSign(START, [at(5, { pending: 0, ...webhook(START + 1), ...listening })])).toBeUndefined()
  })

  test('to which Telegram cannot deliver makes the bot deaf, a handler that takes long does not', () => {
    const waiting = (error: object) => [2, 10, 23].map((second) => at(second, { pending: 1, ...error }))
    expect(deafness(START, waiting(webhook(START + 1)))).toBe(
      'Telegram can’t deliver to its webhook (Connection refused): 1 has waited for 20 s',
    )
    expect(deafness(START, waiting(webhook(START + 1, 'Read timeout expired')))).toBeUndefined()
    expect(deafness(START, waiting(webhook(START - 1)))).toBeUndefined()
  })
})

describe('stuck', () => {
  const counts = fc.array(fc.nat({ max: 50 }), { minLength: 2, maxLength: 40 })

  test('is never a bot whose waiting updates fell within the last 20 s', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 100 }), (pending, last) => {
        const samples = [...pending, last + 1, last].map((count, index) => at(index * 9, { pending: count }))
        expect(isStuck(samples)).toBe(false)
      }),
    )
  })

  test('is every bot whose waiting updates only grew for 20 s', () => {
    fc.assert(
      fc.property(counts, (steps) => {
        let pending = 1
        const samples = steps.map((step, index) => {
          pending += step
          return at(index * 21, { pending })
        })
        expect(isStuck(samples)).toBe(true)
      }),
    )
  })

  test('is nobody while Telegram is away', () => {
    expect(isStuck([at(1, { pending: 2 }), at(10, { unanswered: true }), at(40, { pending: 2 })])).toBe(false)
  })
})
