import { releasesOf, rollbackTarget, wayBack } from '../records/release.ts'
import type { Run } from './journal.ts'
import { refuseStopped } from './refuse-stopped.ts'
import { leaveAsBefore, takeReplacedBack } from './restores/restore.ts'
import { switchTo } from './switch.ts'

/**
 * A switch to an earlier release with that release's settings and today's secrets. Putting the proven version back
 * after one that turned out deaf starts its kept container again, on the data it had. Fails with `bot_stopped` when
 * the manager asks for it of its own accord and a person has stopped the bot since.
 */
export const rollback = async (run: Run): Promise<void> => {
  const { engine, bot, operation } = run
  refuseStopped(run)
  const release = await rollbackTarget(engine.database.read, bot, operation.args.release)
  const kept = operation.args.cause === undefined ? undefined : wayBack(await releasesOf(engine.database.read, bot.id))
  const container = kept?.id === release.id && kept.containerId ? kept.containerId : undefined
  const stillThere = container !== undefined && (await engine.docker.container(container)) !== undefined
  // Its container has the volumes that a restore replaced since.
  if (stillThere) await takeReplacedBack(run)
  try {
    await switchTo(run, release, stillThere ? container : undefined)
  } catch (error) {
    await leaveAsBefore(run)
    throw error
  }
}
