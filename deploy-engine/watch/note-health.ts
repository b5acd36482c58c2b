import type { EntityManager } from 'typeorm'
import type { Engine } from '../ports.ts'
import { endIncident, type Incident, noteSign, openIncidents } from '../records/incident.ts'
import { unfinishedOperations } from '../records/operation.ts'
import { activeRelease, lastGoodRelease } from '../records/release.ts'
import { betweenOperations, type Queue } from './between-operations.ts'
import type { BotToRun } from './bots-to-run.ts'
import { endNow } from './end-now.ts'

type Noted = { ok: boolean; found: string; count: number }

/** Opens the incident of an unhealthy bot, adds to it, or ends it; false: something else is being done for the bot. */
export const noteHealth = async (queue: Queue, one: BotToRun, noted: Noted): Promise<boolean> => {
  const { engine } = queue
  let done = false
  await betweenOperations(queue, one.bot.id, async () => {
    if (!(await isStillSo(engine, one))) return
    const incident = await engine.database.transaction((entities) => write(entities, one, noted, engine.clock.now()))
    if (incident) engine.changes.emit({ incident: incident.id })
    done = true
  })
  return done
}

type Asked = { bots: readonly BotToRun[]; asked(one: BotToRun): boolean }

/** Ends the incidents of bots that nothing will be seen of any more. */
export const endUnhealthy = async (
  engine: Engine,
  open: readonly Incident[],
  { bots, asked }: Asked,
): Promise<void> => {
  for (const incident of open.filter(isUnhealthy)) {
    const one = bots.find(({ bot }) => bot.id === incident.botId)
    if (one && asked(one)) continue
    const end = one ? `v${one.release.number} has no health check` : 'it does not run any more'
    await endNow(engine, incident, end)
  }
}

// While it was asked, it may have been stopped or replaced.
const isStillSo = async ({ database: { read } }: Engine, { bot, container }: BotToRun): Promise<boolean> =>
  (await unfinishedOperations(read, bot.id)).length === 0 &&
  (await activeRelease(read, bot.id))?.containerId === container

const write = async (
  entities: EntityManager,
  { bot, release }: BotToRun,
  { ok, found, count }: Noted,
  at: number,
): Promise<Incident | undefined> => {
  if (ok) {
    const open = (await openIncidents(entities, bot.id)).find(isUnhealthy)
    return open && endIncident(entities, open, { at, end: 'three health checks in a row passed' })
  }
  const lastGood = (await lastGoodRelease(entities, bot.id, release.number))?.number
  const detail = {
    release: release.number,
    ...(lastGood !== undefined && { lastGood }),
    found: `Its health check fails: ${found}`,
    hint: `It runs on, and nothing is done about it by itself. Start it afresh: /restart ${bot.name}`,
  }
  return noteSign(entities, { botId: bot.id, kind: 'unhealthy', fingerprint: 'unhealthy', at, count, detail })
}

const isUnhealthy = ({ kind }: Incident): boolean => kind === 'unhealthy'
