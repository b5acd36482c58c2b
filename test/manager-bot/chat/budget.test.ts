import fc from 'fast-check'
import { expect, test } from 'vitest'
import { budgetOf, PRIORITIES, type Priority } from '../../../manager-bot/chat/budget.ts'

const GROUP = -1001
const PRIVATE = 42

const tell = (chat: number, wishes: readonly Priority[]) => {
  const budget = budgetOf(chat)
  let now = 0
  return wishes.map((priority) => {
    now = Math.max(now, budget.freeAt(priority, now))
    budget.spend(now)
    return { priority, at: now }
  })
}

test('whatever is said in a group: at most 19 within any minute', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PRIORITIES), { maxLength: 120 }), (wishes) => {
      const told = tell(GROUP, wishes)
      for (const { at } of told) {
        expect(told.filter((other) => other.at > at - 60_000 && other.at <= at).length).toBeLessThanOrEqual(19)
      }
    }),
  )
})

test.each([
  [GROUP, 3_000, 8],
  [PRIVATE, 1_500, 10],
])('in chat %d frames come %d ms apart and leave room for what matters more', (chat, apart, most) => {
  const told = tell(chat, Array(40).fill('progress'))
  for (const [index, { at }] of told.entries()) {
    if (index > 0) expect(at - (told[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(apart)
  }
  const window = chat < 0 ? 60_000 : 20_000
  expect(told.filter(({ at }) => at < window).length).toBeLessThanOrEqual(most)
})

test('what people wait for goes out at once while frames are being held back', () => {
  const budget = budgetOf(PRIVATE)
  for (let now = 0; now < 10; now++) budget.spend(now)
  expect(budget.freeAt('progress', 10)).toBeGreaterThan(10_000)
  expect(budget.freeAt('result', 10)).toBe(10)
})

test('results leave room for alerts', () => {
  const budget = budgetOf(GROUP)
  for (let now = 0; now < 16; now++) budget.spend(now)
  expect(budget.freeAt('result', 20)).toBe(60_000)
  expect(budget.freeAt('alert', 20)).toBe(20)
})
