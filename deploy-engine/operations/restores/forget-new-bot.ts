import { botById } from '../../records/bot.ts'
import { activeRelease } from '../../records/release.ts'
import type { Run } from '../journal.ts'
import { forget, removeNetworks } from '../remove.ts'

/** A bot that was registered for a restore alone, and has no version that works, is gone again. Idempotent. */
export const forgetNewBot = async (run: Run): Promise<void> => {
  const { engine, operation, bot } = run
  const { read } = engine.database
  if (!operation.args.fresh || (await botById(read, bot.id)).removedAt !== null) return
  if (await activeRelease(read, bot.id)) return
  const dropped = await engine.database.transaction((entities) => forget(run, entities))
  for (const { id } of dropped) engine.changes.emit({ operation: id })
  await removeNetworks(run)
}
