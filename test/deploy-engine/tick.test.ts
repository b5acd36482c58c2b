import fc from 'fast-check'
import { expect, test } from 'vitest'
import { untilTick } from '../../deploy-engine/tick.ts'

test('whoever waits for a tick wakes with all others of that tick, after a tenth of it at least', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom(1_000, 2_000, 5_000), (now, everyMs) => {
      const ms = untilTick({ elapsed: () => now }, everyMs)
      expect(ms).toBeGreaterThanOrEqual(everyMs / 10)
      expect(ms).toBeLessThanOrEqual(everyMs * 1.1 + 1)
      // Up to the millisecond that a timer counts in.
      expect((now + ms) % everyMs).toBeLessThan(1.001)
    }),
  )
})

test('a loop keeps its pace, whatever its work takes and if its timer comes a little early', () => {
  const after = (now: number) => now + untilTick({ elapsed: () => now }, 2_000)
  expect(after(4_000.4)).toBe(6_000.4)
  expect(after(3_999.6)).toBe(6_000.6)
  expect(after(4_700)).toBe(6_000)
})
