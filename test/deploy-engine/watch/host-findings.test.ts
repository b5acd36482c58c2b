import { expect, test } from 'vitest'
import { clockFinding, diskFinding, loadFinding, memoryFinding } from '../../../deploy-engine/watch/host-findings.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

const disk = (freeGb: number, totalGb: number, path = '/data') => ({
  path,
  freeBytes: freeGb * GIB,
  totalBytes: totalGb * GIB,
})

test.each([
  [14.9, 100, 'bad'],
  [15.1, 100, 'between'],
  [17.9, 100, 'between'],
  [18.1, 100, 'good'],
  [1.9, 10, 'bad'],
  [2.1, 10, 'between'],
  [2.6, 10, 'good'],
])('a disk with %f GB of %f GB free is %s', (free, total, state) => {
  expect(diskFinding([disk(free, total)]).state).toBe(state)
})

test('of two disks the one in trouble is named, and the way out', () => {
  expect(diskFinding([disk(50, 100), disk(1.25, 8, '/var/lib/docker')])).toEqual({
    state: 'bad',
    found: 'Only 1.3 GB of 8.0 GB are free on the disk of /var/lib/docker',
    hint: '/prune shows old images that nothing needs, and removes them',
  })
  // A small one with much of it free is in trouble, too.
  expect(diskFinding([disk(1.9, 4, '/small'), disk(19, 100)]).found).toContain('/small')
  expect(diskFinding([disk(50, 100), disk(16, 100)]).state).toBe('between')
})

test.each([
  [99 * MIB, GIB, 'bad'],
  [101 * MIB, GIB, 'between'],
  [151 * MIB, GIB, 'good'],
  [0.049 * GIB, GIB, 'bad'],
  [0.79 * GIB, 10 * GIB, 'between'],
  [0.81 * GIB, 10 * GIB, 'good'],
  [Number.POSITIVE_INFINITY, GIB, 'good'],
])('%d bytes of memory free, of %d, are %s', (freeBytes, totalBytes, state) => {
  expect(memoryFinding({ freeBytes, totalBytes }).state).toBe(state)
})

test.each([
  [8.1, 2, 'bad'],
  [7.9, 2, 'between'],
  [5.9, 2, 'good'],
  [4.1, 1, 'bad'],
])('a load of %f on %d cores is %s', (average, cores, state) => {
  expect(loadFinding({ average, cores }).state).toBe(state)
})

test('what is said of memory and load', () => {
  const { found } = memoryFinding({ freeBytes: 80 * MIB, totalBytes: 2 * GIB })
  expect(found).toBe('Only 80 MB of 2.0 GB of this host’s memory are free')
  expect(loadFinding({ average: 12.34, cores: 1 }).found).toBe(
    'The host is overloaded: 12.3 processes at a time want its 1 core',
  )
})

test.each([
  [59_000, undefined],
  [-60_000, undefined],
  [61_000, 'The clock of the host was set forward by 1 min'],
  [-5 * 3_600_000, 'The clock of the host was set back by 5 h'],
  [90 * 86_400_000, 'The clock of the host was set forward by 90 days'],
])('a clock that jumped %d ms', (ms, found) => {
  expect(clockFinding(ms)).toMatchObject(found === undefined ? { state: 'good' } : { state: 'bad', found })
})
