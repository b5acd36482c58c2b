import { saysUsedElsewhere } from '../../container/used-elsewhere.ts'
import { restartInPlace } from '../../operations/restart-in-place.ts'
import type { Engine } from '../../ports.ts'
import type { Bot } from '../../records/bot.ts'
import { type Incident, type IncidentDetail, isHeldBack, lastRestartFor, noteSign } from '../../records/incident.ts'
import { lastGoodRelease, type Release } from '../../records/release.ts'
import { whileWatched } from '../watched.ts'
import { type Silences, silentTogether } from './alike.ts'
import type { Look } from './look.ts'
import { reportTogether } from './together.ts'
import type { Watched } from './watched.ts'

export type Deaf = {
  bot: Bot
  release: Release
  container: string
  incidents: readonly Incident[]
  look: Look
  watched: Watched
  silences(): Silences
  enqueue(operation: number): Promise<void>
}

const APART_MS = 6 * 3600_000
const LOG_LINES = 200

/**
 * Tells of a deaf bot and starts it anew, unless that was done in the last six hours: then it is only told, once. If
 * many fell silent together, that alone is told, and nobody is started.
 */
export const answerDeafness = async (engine: Engine, deaf: Deaf, signal: AbortSignal): Promise<void> => {
  const { bot, container, incidents, look, enqueue } = deaf
  const silences = deaf.silences()
  const together = silentTogether(bot.id, silences)
  if (together.length > 0) return reportTogether(engine, together, silences.size)
  const { read } = engine.database
  const rested = isRested(await lastRestartFor(read, bot.id, 'deaf'), look.at)
  const told = incidents.find(({ kind, lastAt }) => kind === 'deaf' && lastAt > look.startedAt)
  // Its restart failed, else it would be in another life.
  const cut = told?.detail.restarting && told
  if (told && !cut && !rested) return
  await whileWatched({ engine, enqueue }, bot.id, async ({ containerId }) => {
    // It is on trial, and ended again by whoever keeps it from running.
    if (containerId !== container || (await isHeldBack(read, container))) return
    await restartInPlace(engine, cut ?? (await tell(engine, deaf, rested)), signal)
  })
}

const isRested = (restartedAt: number | undefined, now: number): boolean =>
  restartedAt === undefined || now - restartedAt >= APART_MS

const tell = async (engine: Engine, deaf: Deaf, restarts: boolean): Promise<Incident> => {
  const { bot, release, container, look, watched } = deaf
  const { clock, database } = engine
  const at = clock.now()
  const elsewhere = await wasElsewhere(engine, container, look.startedAt)
  const incident = await database.transaction(async (entities) => {
    const lastGood = await lastGoodRelease(entities, bot.id, release.number)
    const detail: IncidentDetail = {
      release: release.number,
      ...(lastGood && { lastGood: lastGood.number }),
      ...(look.pending !== undefined && { waiting: look.pending }),
      ...(watched.judged?.found !== undefined && { found: watched.judged.found }),
      ...(restarts && { restartedAt: at, restarting: { container, startedAt: look.startedAt } }),
      ...hintOf({ bot, restarts, elsewhere }),
    }
    return noteSign(entities, { botId: bot.id, kind: 'deaf', fingerprint: 'deaf', at, detail })
  })
  engine.changes.emit({ incident: incident.id })
  return incident
}

const wasElsewhere = async ({ docker }: Engine, container: string, sinceMs: number): Promise<boolean> => {
  const text = await docker.logs(container, { tail: LOG_LINES, sinceSeconds: Math.floor(sinceMs / 1000) })
  return text.split('\n').some(saysUsedElsewhere)
}

type Hinted = { bot: Bot; restarts: boolean; elsewhere: boolean }

const hintOf = ({ bot, restarts, elsewhere }: Hinted): { hint?: string } => {
  if (elsewhere) return { hint: `Its log says that another program takes the updates of @${bot.username}: stop that` }
  return restarts ? {} : { hint: 'I restarted it for this before, less than six hours ago, so I leave it as it is' }
}
