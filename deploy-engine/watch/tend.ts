import type { Engine } from '../ports.ts'
import { botById } from '../records/bot.ts'
import { type Incident, openIncidents } from '../records/incident.ts'
import { EXIT_KINDS, FINE_AFTER_MS } from './crash-loop.ts'
import { endNow } from './end-now.ts'
import { settleFleet } from './fleet.ts'
import { tendHold } from './hold.ts'
import { type Watch, type Watched, whileWatched } from './watched.ts'

const OF_CONTAINERS = [...EXIT_KINDS, 'stopped', 'start_failure', 'gone'] as const

/** Does what is due by now to incidents of containers: tries again whoever is held back, and ends what is over. */
export const tend = async (watch: Watch): Promise<void> => {
  const { engine } = watch
  for (const incident of await openIncidents(engine.database.read)) {
    if (incident.botId === null || !OF_CONTAINERS.some((kind) => kind === incident.kind)) continue
    const end = await endByPerson(engine, incident.botId)
    if (end) await over(engine, incident, end)
    else await whileWatched(watch, incident.botId, (watched) => tendOne(watch, watched, incident))
  }
  const settled = await engine.database.transaction((entities) => settleFleet(entities, engine.clock.now()))
  for (const id of settled) engine.changes.emit({ incident: id })
}

const endByPerson = async ({ database }: Engine, botId: number): Promise<string | undefined> => {
  const { stoppedAt, removedAt } = await botById(database.read, botId)
  if (removedAt !== null) return 'the bot was removed'
  return stoppedAt === null ? undefined : 'the bot was stopped on request'
}

const tendOne = async (watch: Watch, watched: Watched, incident: Incident): Promise<void> => {
  const { engine } = watch
  if (incident.detail.hold) return tendHold(watch, watched, incident)
  const found = await engine.docker.container(watched.containerId)
  if (!found?.running || found.restarting) return
  if (!EXIT_KINDS.includes(incident.kind)) return over(engine, incident, 'it runs again')
  const fineSince = Math.max(found.startedAt, incident.lastAt)
  if (engine.clock.now() - fineSince >= FINE_AFTER_MS) await over(engine, incident, 'it has run for 10 min')
}

const over = async (engine: Engine, incident: Incident, end: string): Promise<void> => {
  await endNow(engine, incident, end)
  engine.log.info({ incident: incident.id, end }, 'an incident is over')
}
