import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expired } from '../../../../deploy-engine/operations/backups/retention.ts'
import type { Backup, BackupCause } from '../../../../deploy-engine/records/backup.ts'

const DAY = 24 * 3600_000
const NOW = 1000 * DAY

const CAUSES: BackupCause[] = ['asked', 'schedule', 'deploy', 'restore', 'remove']

const backup = (given: Partial<Backup>): Backup => ({
  id: 1,
  botId: 1,
  botName: 'my-bot',
  telegramId: 1,
  file: 'f',
  bytes: 1,
  sha256: 'x',
  cause: 'schedule',
  release: 1,
  createdAt: NOW,
  state: 'good',
  copies: [],
  checkedAt: null,
  fault: null,
  ...given,
})

const daily = (count: number, given: Partial<Backup> = {}) =>
  Array.from({ length: count }, (_, index) => backup({ id: index + 1, createdAt: NOW - index * DAY, ...given }))

const ids = (backups: Backup[]) => backups.map(({ id }) => id)

test('so many by schedule stay as tbs.yaml says, or seven', () => {
  expect(ids(expired(daily(10), NOW))).toEqual([8, 9, 10])
  expect(ids(expired(daily(10), NOW, 3))).toEqual([4, 5, 6, 7, 8, 9, 10])
})

test('each cause has its own count, and its own age', () => {
  const mixed = [...daily(6, { cause: 'deploy' }), ...daily(6, { cause: 'asked' })]
  expect(expired(mixed, NOW)).toEqual([backup({ id: 6, createdAt: NOW - 5 * DAY, cause: 'deploy' })])
  const old = daily(2, { cause: 'deploy' }).map((one) => ({ ...one, createdAt: one.createdAt - 40 * DAY }))
  expect(ids(expired(old, NOW))).toEqual([2])
})

test('a damaged one takes no good one’s place', () => {
  const backups = daily(8).map((one) => (one.id <= 2 ? { ...one, state: 'damaged' as const } : one))
  expect(ids(expired(backups, NOW))).toEqual([])
})

test('the one that was last seen to be good stays, too', () => {
  const read = daily(10).map((one) => (one.id >= 8 ? { ...one, checkedAt: NOW - one.id * DAY } : one))
  expect(ids(expired(read, NOW, 2))).toEqual([3, 4, 5, 6, 7, 9, 10])
})

test('the newest good one always stays, and what stays, stays when it is asked again', () => {
  const any = fc.record({
    id: fc.integer({ min: 1, max: 9999 }),
    cause: fc.constantFrom(...CAUSES),
    createdAt: fc.integer({ min: 0, max: 1000 }).map((days) => days * DAY),
    state: fc.constantFrom<Backup['state']>('good', 'good', 'damaged', 'gone'),
  })
  const all = fc.uniqueArray(any.map(backup), { maxLength: 40, selector: ({ id }) => id })
  fc.assert(
    fc.property(all, (backups) => {
      const gone = expired(backups, NOW)
      const stay = backups.filter((one) => !gone.includes(one))
      const good = backups
        .filter(({ state }) => state === 'good')
        .sort((a, b) => b.createdAt - a.createdAt || b.id - a.id)
      expect(stay).toEqual(expect.arrayContaining(good.slice(0, 1)))
      expect(expired(stay, NOW)).toEqual([])
    }),
  )
})
