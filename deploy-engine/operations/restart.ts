import { TbsError } from '../error.ts'
import { activeRelease } from '../records/release.ts'
import type { Run } from './journal.ts'
import { switchTo } from './switch.ts'

/** A switch to a fresh container of the release that is active already, with today's secrets. */
export const restart = async (run: Run): Promise<void> => {
  const release = await activeRelease(run.engine.database.read, run.bot.id)
  if (!release) {
    throw new TbsError('not_deployed', `${run.bot.name} has no version yet`, { hint: `/deploy ${run.bot.name}` })
  }
  await switchTo(run, release)
}
