import { activeRelease } from '../records/release.ts'
import type { Run } from './journal.ts'
import { alreadyRunning, notDeployed } from './pointless.ts'
import { switchTo } from './switch.ts'

/** Brings the active release up again, in a fresh container with today's secrets, and through the gate. */
export const bringUp = async (run: Run): Promise<void> => {
  const { engine, bot } = run
  const release = await activeRelease(engine.database.read, bot.id)
  if (!release) throw notDeployed(bot)
  const container = release.containerId === null ? undefined : await engine.docker.container(release.containerId)
  if (container?.running) throw alreadyRunning(bot)
  await switchTo(run, release)
}
