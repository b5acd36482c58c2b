import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { allBots, type Bot, botById, botByName } from '../records/bot.ts'
import { changeIncident, endedIncidents, type Incident, incidentById, openIncidents } from '../records/incident.ts'
import { type Mute, muteOf, setMute } from '../records/mute.ts'
import { type Release, releaseByNumber } from '../records/release.ts'

/** All that a door needs in order to show an incident. */
export type IncidentView = {
  incident: Incident
  /** Absent: it is of the host. */
  bot?: Bot
  /** The one that it is about. */
  release?: Release
  mute?: Mute
}

/** Fails with `unknown_incident`. */
export const incidentView = async (engine: Engine, id: number): Promise<IncidentView> => {
  const incident = await incidentById(engine.database.read, id)
  if (!incident) throw new TbsError('unknown_incident', `There is no incident ${id}`, { hint: 'See /incidents' })
  return viewOf(engine, incident)
}

/** What is wrong now, oldest first; of one bot (`unknown_bot`), or all of it. */
export const currentIncidents = async (engine: Engine, name?: string): Promise<IncidentView[]> => {
  const { read } = engine.database
  const bot = name === undefined ? undefined : await botByName(read, name)
  return Promise.all((await openIncidents(read, bot?.id)).map((incident) => viewOf(engine, incident)))
}

/**
 * Those of these bots, and with null of the host, that ended last; the newest first. `whole`: without those that are
 * part of another one.
 */
export const pastIncidents = async (
  engine: Engine,
  { of, count, whole }: { of: readonly (string | null)[]; count: number; whole: boolean },
): Promise<IncidentView[]> => {
  const { read } = engine.database
  const ids = (await allBots(read)).filter(({ name }) => of.includes(name)).map(({ id }) => id)
  const wanted = of.includes(null) ? [...ids, null] : ids
  return Promise.all(
    (await endedIncidents(read, { of: wanted, count, whole })).map((incident) => viewOf(engine, incident)),
  )
}

/** Somebody takes care of it: no more reminders. Fails with `unknown_incident` or `incident_over`. */
export const acknowledge = async (engine: Engine, id: number, by: string): Promise<IncidentView> => {
  const view = await incidentView(engine, id)
  if (view.incident.state === 'ended')
    throw new TbsError('incident_over', 'That is over already', { hint: 'See /incidents' })
  const incident = await engine.database.transaction((entities) =>
    changeIncident(entities, view.incident, { ackedBy: by }),
  )
  engine.changes.emit({ incident: id })
  return { ...view, incident }
}

/** Nothing of a bot, or of the host (null), is to be heard for that long; 0 ends it. Fails with `unknown_bot`. */
export const mute = async (
  engine: Engine,
  { bot: name, forMs, by }: { bot: string | null; forMs: number; by: string },
): Promise<{ until: number }> => {
  const { database, clock } = engine
  const until = clock.now() + forMs
  const open = await database.transaction(async (entities) => {
    const bot = name === null ? undefined : await botByName(entities, name)
    const botId = bot?.id ?? null
    await setMute(entities, { botId, until, mutedBy: by }, clock.now())
    const incidents = await openIncidents(entities, botId)
    for (const incident of incidents) await changeIncident(entities, incident, {})
    return incidents
  })
  for (const { id } of open) engine.changes.emit({ incident: id })
  return { until }
}

const viewOf = async ({ database: { read }, clock }: Engine, incident: Incident): Promise<IncidentView> => {
  const { botId, detail } = incident
  const bot = botId === null ? undefined : await botById(read, botId)
  const release = bot && detail.release !== undefined && (await releaseByNumber(read, bot.id, detail.release))
  const muted = await muteOf(read, botId, clock.now())
  return { incident, ...(bot && { bot }), ...(release && { release }), ...(muted && { mute: muted }) }
}
