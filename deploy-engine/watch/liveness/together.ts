import type { Engine } from '../../ports.ts'
import { allBots } from '../../records/bot.ts'
import { changeIncident, type Incident, noteSign, openIncidents } from '../../records/incident.ts'
import { endNow } from '../end-now.ts'

const FINGERPRINT = 'deaf'
const HINT = 'So it is not their fault, and none of them is started anew: look at this host’s network, and at Telegram'

export const isTogether = ({ kind, fingerprint }: Incident): boolean => kind === 'host' && fingerprint === FINGERPRINT

/** Tells once that many bots fell silent together; those who follow are added. */
export const reportTogether = async (engine: Engine, ids: readonly number[], of: number): Promise<void> => {
  const { database, clock, changes } = engine
  const names = (await allBots(database.read)).filter(({ id }) => ids.includes(id)).map(({ name }) => name)
  const known = await openTogether(engine)
  const missing = names.filter((name) => !known?.detail.bots?.includes(name))
  if (known && missing.length === 0) return
  const bots = [...(known?.detail.bots ?? []), ...missing]
  const detail = { bots, found: `${bots.length} of ${of} bots stopped taking updates at the same time`, hint: HINT }
  const at = clock.now()
  const incident = await database.transaction((entities) =>
    known
      ? changeIncident(entities, known, { lastAt: at, detail: { ...known.detail, ...detail } })
      : noteSign(entities, { botId: null, kind: 'host', fingerprint: FINGERPRINT, at, detail }),
  )
  changes.emit({ incident: incident.id })
}

/** Ends it when each of them is well, or is not to run, or has an incident of its own. */
export const endTogether = async (
  engine: Engine,
  known: Incident,
  isSettled: (name: string) => boolean,
): Promise<void> => {
  if ((known.detail.bots ?? []).every(isSettled)) await endNow(engine, known, 'they take their updates again')
}

const openTogether = async ({ database }: Engine): Promise<Incident | undefined> =>
  (await openIncidents(database.read, null)).find(isTogether)
