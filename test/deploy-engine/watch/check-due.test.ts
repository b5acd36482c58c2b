import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Backup } from '../../../deploy-engine/records/backup.ts'
import { checkDue } from '../../../deploy-engine/watch/check-due.ts'

const DAY = 24 * 3600_000
const NOW = 1000 * DAY

/** Newest first, a day apart; `read` is how many days ago. */
const backups = (...given: { read?: number; bad?: true }[]): Backup[] =>
  given.map(({ read, bad }, place) => ({
    ...{ id: place + 1, botId: 1, botName: 'my-bot', telegramId: 1, file: 'f', bytes: 1, sha256: 'x', release: 1 },
    ...{ cause: 'asked', createdAt: NOW - (place + 1) * DAY, copies: [] },
    state: bad ? 'damaged' : 'good',
    checkedAt: read === undefined ? null : NOW - read * DAY,
    fault: bad ? 'it was altered' : null,
  }))

const due = (all: Backup[]) => checkDue(all, NOW)?.id

test('the newest is read once a week, whichever was read before', () => {
  expect(due([])).toBeUndefined()
  expect(due(backups({}, {}))).toBe(1)
  expect(due(backups({}, { read: 6 }))).toBeUndefined()
  expect(due(backups({}, { read: 7 }))).toBe(1)
  expect(due(backups({ read: 7 }, {}))).toBe(1)
})

test('below one that is bad the next is read at once, and so is the first one above it', () => {
  expect(due(backups({ bad: true, read: 1 }, {}, { read: 8 }))).toBe(2)
  expect(due(backups({ bad: true, read: 1 }, { read: 1 }))).toBeUndefined()
  expect(due(backups({}, { bad: true, read: 1 }, { read: 1 }))).toBe(1)
  expect(due(backups({}, { read: 1 }, { bad: true, read: 2 }))).toBeUndefined()
  expect(due(backups({ bad: true, read: 9 }))).toBeUndefined()
})

test('whatever there is, each is read once at most until a week has passed', () => {
  const any = fc.record(
    { read: fc.integer({ min: 0, max: 20 }), bad: fc.constant(true as const) },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (given) => {
      const all = backups(...given)
      const reads = new Set<number>()
      for (let next = checkDue(all, NOW); next; next = checkDue(all, NOW)) {
        expect(reads.has(next.id)).toBe(false)
        reads.add(next.id)
        next.checkedAt = NOW
      }
    }),
  )
})
