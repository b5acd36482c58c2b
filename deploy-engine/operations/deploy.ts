import { planBuild } from '../image/plan.ts'
import type { Release } from '../records/release.ts'
import { buildRelease } from './build-release.ts'
import { fetchSource } from './fetch-source.ts'
import { type Run, step } from './journal.ts'
import { refuseMissing } from './required-variables.ts'
import { switchTo } from './switch.ts'

/** Design.md section 3: from a git ref to a proven running version, or back to the one before. */
export const deploy = async (run: Run): Promise<void> => {
  await switchTo(run, await releaseFromSource(run))
}

const releaseFromSource = async (run: Run): Promise<Release> => {
  const source = await fetchSource(run)
  try {
    const plan = await step(run, {
      name: 'detect',
      act: async () => {
        const plan = planBuild(source.tree, run.bot)
        await refuseMissing(run, plan)
        return plan
      },
      found: ({ release }) => release.evidence.join('\n'),
    })
    return await buildRelease(run, source, plan)
  } finally {
    await run.engine.files.remove(source.directory)
  }
}
