import { planBuild } from '../image/plan.ts'
import type { Release } from '../records/release.ts'
import { makeBackup } from './backups/backup.ts'
import { withWayOut } from './backups/without-backup.ts'
import { buildRelease } from './build-release.ts'
import { currentVolumes } from './current-volumes.ts'
import { fetchSource } from './fetch-source.ts'
import { type Run, step } from './journal.ts'
import { refuseMissing } from './required-variables.ts'
import { switchTo } from './switch.ts'

/** Design.md section 3: from a git ref to a proven running version, or back to the one before. */
export const deploy = async (run: Run): Promise<void> => {
  const release = await releaseFromSource(run)
  await backupBefore(run)
  await switchTo(run, release)
}

// The new version may change the data at its start, and an undo does not change it back.
const backupBefore = async (run: Run): Promise<void> => {
  if (run.operation.args.noBackup || (await currentVolumes(run)).length === 0) return
  await makeBackup(run, 'deploy').catch((error) => {
    throw withWayOut(error, `/deploy ${run.bot.name} ${run.operation.args.ref ?? ''}`)
  })
}

/** A release of the wanted commit: fetched, understood and built. */
export const releaseFromSource = async (run: Run): Promise<Release> => {
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
