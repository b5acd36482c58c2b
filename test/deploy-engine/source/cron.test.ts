import { expect, test } from 'vitest'
import { isSchedule, lastDue } from '../../../deploy-engine/source/cron.ts'

const BERLIN = 'Europe/Berlin'
const due = (schedule: string, at: string) =>
  new Date(lastDue(schedule, { at: Date.parse(at), timezone: BERLIN })).toISOString()

test.each([
  ['2026-11-28T02:00:00.000Z', '2026-11-28T02:00:00.000Z'],
  ['2026-11-28T01:59:59.999Z', '2026-11-27T02:00:00.000Z'],
  // Summer time begins: 3 o'clock is an hour earlier, by UTC, than the day before.
  ['2026-03-29T05:00:00.000Z', '2026-03-29T01:00:00.000Z'],
  ['2026-10-25T05:00:00.000Z', '2026-10-25T02:00:00.000Z'],
])('at %s three o’clock in Berlin was last at %s', (at, expected) => {
  expect(due('0 3 * * *', at)).toBe(expected)
})

test('an hour that a day does not have, or has twice, comes once', () => {
  const times = new Set<string>()
  for (let at = Date.parse('2026-10-24T12:00:00Z'); at < Date.parse('2026-10-26T12:00:00Z'); at += 10 * 60_000) {
    times.add(due('30 2 * * *', new Date(at).toISOString()))
  }
  expect([...times].map((time) => time.slice(0, 10)).sort()).toEqual(['2026-10-24', '2026-10-25', '2026-10-26'])
})

test('a schedule is five fields that come at some time, and at most once an hour', () => {
  expect(['0 3 * * *', '15 */6 * * 1-5', '0 3 1 * *', '0 * * * *'].every(isSchedule)).toBe(true)
  expect(['* * * * *', '*/30 * * * *', '0 0 31 2 *', '61 * * * *', 'daily', ''].some(isSchedule)).toBe(false)
})
