import { expect, test } from 'vitest'
import { silentTogether } from '../../../../deploy-engine/watch/liveness/alike.ts'
import { probeTurns } from '../../../../deploy-engine/watch/liveness/probe-turns.ts'

const MINUTE = 60_000

const together = (...since: (number | undefined)[]) =>
  silentTogether(0, new Map(since.map((at, bot) => [bot, at === undefined ? undefined : at * MINUTE])))

test('three at the same time, or half of all, are together; one alone is not, also as the only one', () => {
  expect(together(10)).toEqual([])
  expect(together(10, undefined)).toEqual([])
  expect(together(10, 12)).toEqual([0, 1])
  expect(together(10, 12, undefined, undefined)).toEqual([0, 1])
  expect(together(10, 12, undefined, undefined, undefined)).toEqual([])
  expect(together(10, 12, 8, ...Array.from({ length: 50 }, () => undefined))).toEqual([0, 1, 2])
})

test('who fell silent at another time is not with them', () => {
  expect(together(10, 60, 120)).toEqual([])
  expect(together(undefined, 10, 10, 10)).toEqual([])
})

test('probes are shared out: one in two seconds, and one in ten where there is no doubt', () => {
  const count = (kind: 'urgent' | 'spare') => {
    const turns = probeTurns()
    return Array.from({ length: 600 }, (_, index) => turns.take(kind, index * 100)).filter(Boolean).length
  }
  expect(count('urgent')).toBe(30)
  expect(count('spare')).toBe(6)
  const turns = probeTurns()
  expect(turns.take('spare', 0)).toBe(true)
  expect(turns.take('urgent', 1_000)).toBe(false)
  expect(turns.take('urgent', 2_000)).toBe(true)
})
