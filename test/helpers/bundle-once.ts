import type { TestProject } from 'vitest/node'
import { bundled } from './bundled.ts'

/** Once before the first test that may start the program, and anew before each rerun of a vitest that watches. */
export const setup = async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  // Another project of this run has made it.
  if (process.env.TBS_TEST_LAUNCHER) return undefined
  const { launcher, renew, remove } = await bundled()
  // Not by inject(): benchmarks use the same helpers without vitest. Workers get the environment as it is now.
  process.env.TBS_TEST_LAUNCHER = launcher
  project.onTestsRerun(renew)
  return remove
}
