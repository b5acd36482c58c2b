import type { Engine } from '../ports.ts'
import { botById } from '../records/bot.ts'
import { changeIncident, type Incident, openIncidents } from '../records/incident.ts'
import { ObservationSchema } from '../records/observation.ts'
import { activeRelease } from '../records/release.ts'

/**
 * Ends and starts a bot's container as it is, as its open incident says, which is written before: whoever comes after
 * a kill does it again. An abort shortens the grace and leaves nothing stopped. Only while nothing else is done for it.
 */
export const restartInPlace = async (engine: Engine, incident: Incident, signal?: AbortSignal): Promise<void> => {
  const { docker, database } = engine
  const { restarting } = incident.detail
  if (!restarting || incident.botId === null) return
  const bot = await botById(database.read, incident.botId)
  const release = await activeRelease(database.read, bot.id)
  const isWanted = bot.stoppedAt === null && release?.containerId === restarting.container
  const found = await docker.container(restarting.container)
  if (isWanted && found?.startedAt === restarting.startedAt) {
    await docker.stop(found.id, Math.min(release.plan.stopGraceSeconds, GRACE_SECONDS), signal)
    await docker.start(found.id)
  }
  await writeDown(engine, incident)
  engine.changes.emit({ incident: incident.id })
}

/** What a killed manager was about to restart. */
export const finishRestarts = async (engine: Engine): Promise<void> => {
  const cut = (await openIncidents(engine.database.read)).filter(({ detail }) => detail.restarting)
  await Promise.all(cut.map((incident) => restartInPlace(engine, incident)))
}

/** Whoever does not take its updates rarely takes the signal; the manager's start waits for it, too. */
const GRACE_SECONDS = 5

// The end and the start that the watch sees were asked for.
const writeDown = async ({ docker, database }: Engine, incident: Incident): Promise<void> => {
  const { restarting, ...detail } = incident.detail
  const now = restarting && (await docker.container(restarting.container))
  await database.transaction(async (entities) => {
    await changeIncident(entities, incident, { detail })
    if (!now) return
    const { running, startedAt, finishedAt, restarts } = now
    await entities.update(ObservationSchema, { containerId: now.id }, { running, startedAt, finishedAt, restarts })
  })
}
