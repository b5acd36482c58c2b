import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/helpers/longest-first.ts'

const REAL_DOCKER = ['test/integration/**/*.test.ts', 'test/faults/**/*.test.ts']
const BROWSER = ['test/browser/**/*.test.ts']
const LONG = ['test/long/**/*.test.ts']
// Of these a change is judged by a part, see test/helpers/sampled.ts.
const SAMPLED = [
  'test/faults/cancel.test.ts',
  'test/faults/cancel-restore.test.ts',
  'test/faults/killed-manager.test.ts',
  'test/faults/upgrade.test.ts',
  'test/integration/import.test.ts',
]
const ARCHITECTURE = ['test/architecture.test.ts']
// To be started hundreds of times.
const PROGRAM = ['test/helpers/bundle-once.ts']

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'architecture', include: ARCHITECTURE } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...REAL_DOCKER, ...BROWSER, ...LONG, ...ARCHITECTURE],
          globalSetup: PROGRAM,
          setupFiles: ['test/helpers/seed.ts'],
          // For what hangs: on a busy machine a second of work takes many.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Of two cores vitest would use one.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'docker',
          include: REAL_DOCKER,
          globalSetup: PROGRAM,
          // More at once, and builds on a small machine wait for each other until they time out.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'browser',
          include: BROWSER,
          globalSetup: PROGRAM,
          // The same as of docker, beside which they run.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'long',
          include: [...LONG, ...SAMPLED],
          env: { TBS_TEST_WHOLE: '1' },
          globalSetup: PROGRAM,
          setupFiles: ['test/helpers/seed.ts'],
          maxWorkers: 1,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
