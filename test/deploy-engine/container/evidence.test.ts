import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstSign, isStuck, judge, type Sample } from '../../../deploy-engine/container/evidence.ts'

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

  test('waits for the health check of the image and fails when it says unhealthy', () => {
    const taken = [at(0, { pending: 2 }), at(1, { pending: 0 })]
    expect(verdict(...taken, at(20, { health: 'starting' }))).toMatchObject({ kind: 'wait' })
    expect(verdict(...taken, at(20, { health: 'healthy' }))).toMatchObject({ kind: 'pass' })
    expect(verdict(...taken, at(20, { health: 'unhealthy' }))).toMatchObject({ code: 'not_healthy' })
  })
})

describe('a sign of polling', () => {
  const network = (payloadSent: number, connected = true) => ({ network: { connected, payloadSent } })

  test('is a connection seen twice, 3 s apart, with bytes sent meanwhile', () => {
    expect(firstSign(START, [at(4, network(2000)), at(7, network(2600))])?.at).toBe(START + 7000)
  })

  test('is not an idle connection that is left over from getMe', () => {
    const looks = Array.from({ length: 20 }, (_, index) => at(4 + index * 3, network(2000 + index * 100)))
    expect(firstSign(START, looks)).toBeUndefined()
  })

  test('is not the traffic of the first seconds', () => {
    expect(firstSign(START, [at(0, network(0)), at(3, network(3000)), at(6, network(3000))])).toBeUndefined()
  })

  test('is not traffic to somebody else', () => {
    expect(firstSign(START, [at(4, network(2000, false)), at(8, network(90_000, false))])).toBeUndefined()
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
})
