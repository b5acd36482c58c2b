import { activeRelease } from '../records/release.ts'
import type { Run } from './journal.ts'
import { refuseVolume } from './keep-in-volume.ts'
import { notDeployed } from './pointless.ts'
import { switchTo } from './switch.ts'

/**
 * A switch to a fresh container of the release that is active already, with today's secrets, also when it is stopped.
 * With `volume` that directory becomes a volume, with what is in it.
 */
export const restart = async (run: Run): Promise<void> => {
  const release = await activeRelease(run.engine.database.read, run.bot.id)
  if (!release) throw notDeployed(run.bot)
  const { volume } = run.operation.args
  if (volume !== undefined) await refuseVolume(run, release, volume)
  await switchTo(run, release)
}
