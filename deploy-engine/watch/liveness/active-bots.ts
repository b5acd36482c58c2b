import type { Engine } from '../../ports.ts'
import { type Incident, openIncidents } from '../../records/incident.ts'
import { type BotToRun, botsToRun } from '../bots-to-run.ts'
import { endNow } from '../end-now.ts'
import { isTogether } from './together.ts'

export type ActiveBot = BotToRun & {
  /** That are open of it, of those that the watch over liveness writes. */
  incidents: Incident[]
}

const KINDS: readonly Incident['kind'][] = ['deaf', 'token', 'conflict']

/** Every bot that is to run, with the version for that, and the incident of those that are deaf together. */
export const activeBots = async (engine: Engine): Promise<{ bots: ActiveBot[]; together?: Incident }> => {
  const incidents = await openIncidents(engine.database.read)
  const open = incidents.filter(({ kind }) => KINDS.includes(kind))
  const bots = (await botsToRun(engine)).map(
    (one): ActiveBot => ({ ...one, incidents: open.filter(({ botId }) => botId === one.bot.id) }),
  )
  const others = open.filter(({ botId }) => !bots.some(({ bot }) => bot.id === botId))
  // Nothing will be seen of them.
  for (const incident of others) await endNow(engine, incident, 'it is not to run any more')
  const together = incidents.find(isTogether)
  return { bots, ...(together && { together }) }
}
