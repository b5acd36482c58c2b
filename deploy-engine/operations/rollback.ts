import { releasesOf, rollbackTarget, wayBack } from '../records/release.ts'
import type { Run } from './journal.ts'
import { switchTo } from './switch.ts'

/**
 * A switch to an earlier release with that release's settings and today's secrets. Putting the proven version back
 * after one that turned out deaf starts its kept container again, on the data it had.
 */
export const rollback = async (run: Run): Promise<void> => {
  const { engine, bot, operation } = run
  const release = await rollbackTarget(engine.database.read, bot, operation.args.release)
  const kept = operation.args.cause === undefined ? undefined : wayBack(await releasesOf(engine.database.read, bot.id))
  const container = kept?.id === release.id && kept.containerId ? kept.containerId : undefined
  const stillThere = container !== undefined && (await engine.docker.container(container)) !== undefined
  await switchTo(run, release, stillThere ? container : undefined)
}
