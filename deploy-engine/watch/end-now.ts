import type { Engine } from '../ports.ts'
import { endIncident, type Incident } from '../records/incident.ts'

/** An incident is over as of now; `end` says why, for people to read. */
export const endNow = async ({ database, clock, changes }: Engine, incident: Incident, end: string): Promise<void> => {
  await database.transaction((entities) => endIncident(entities, incident, { at: clock.now(), end }))
  changes.emit({ incident: incident.id })
}
