import { TbsError } from '../error.ts'
import { requestOperation } from '../operations/request.ts'
import { botSecrets } from '../operations/secrets.ts'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { changeIncident, type Hold, type Incident, incidentById } from '../records/incident.ts'
import { lastGoodRelease, type Release } from '../records/release.ts'
import { FINE_AFTER_MS, pauseMs } from './crash-loop.ts'
import { remember, type Watch, type Watched } from './watched.ts'

/** So young a release is more likely the reason than whatever else changed. */
const YOUNG_MS = 10 * 60_000
const TELEGRAM_MS = 3_000

/**
 * A bot that only crashes: a young release makes room for the last good one; else it is stopped for a while, and tried
 * again. Nothing of it while the reason may lie elsewhere.
 */
export const holdBack = async (watch: Watch, watched: Watched, { id, partOf }: Incident): Promise<void> => {
  const { engine } = watch
  if (partOf !== null || !(await answersUs(engine, watched.bot))) return
  const incident = await incidentById(engine.database.read, id)
  if (!incident || incident.partOf !== null || (await goBack(watch, watched, incident))) return
  const nextTryAt = engine.clock.now() + pauseMs(0)
  await hold(engine, incident, { container: watched.containerId, tries: 0, nextTryAt })
  engine.log.warn({ bot: watched.bot.name, incident: id }, 'a bot that only crashes is stopped for a while')
  await stopHeld(engine, watched)
}

/** It has crashed again on its trial: the next pause is longer. */
export const pauseAgain = async ({ engine }: Watch, incident: Incident): Promise<void> => {
  const { hold: held } = incident.detail
  if (!held || held.nextTryAt !== null) return
  await hold(engine, incident, { ...held, nextTryAt: engine.clock.now() + pauseMs(held.tries) })
}

/** What time does to a bot that is held back: it is kept stopped, tried again, or free after ten good minutes. */
export const tendHold = async (watch: Watch, watched: Watched, incident: Incident): Promise<void> => {
  const { engine } = watch
  const { hold: held } = incident.detail
  if (!held) return
  // An operation has brought up another container since.
  if (held.container !== watched.containerId) return drop(engine, incident)
  const found = await engine.docker.container(held.container)
  if (!found) return
  const now = engine.clock.now()
  if (held.nextTryAt === null) {
    if (!found.running) return pauseAgain(watch, incident)
    if (now - found.startedAt < FINE_AFTER_MS) return
    await engine.docker.setRestart(held.container, 'unless-stopped')
    return drop(engine, incident)
  }
  if (now < held.nextTryAt) return found.running ? stopHeld(engine, watched) : undefined
  if (!(await answersUs(engine, watched.bot))) return
  await hold(engine, incident, { ...held, tries: held.tries + 1, nextTryAt: null })
  await engine.docker.start(held.container)
  const started = await engine.docker.container(held.container)
  if (started?.running) await remember(engine, watched, started)
}

const hold = async ({ database, changes }: Engine, incident: Incident, held: Hold): Promise<void> => {
  await database.transaction((entities) =>
    changeIncident(entities, incident, { kind: 'crash_loop', detail: { ...incident.detail, hold: held } }),
  )
  changes.emit({ incident: incident.id })
}

const drop = async ({ database, changes }: Engine, incident: Incident): Promise<void> => {
  const { hold: _, ...detail } = incident.detail
  await database.transaction((entities) => changeIncident(entities, incident, { detail }))
  changes.emit({ incident: incident.id })
}

// Without a policy, so that a reboot does not bring it back before its time.
const stopHeld = async (engine: Engine, watched: Watched): Promise<void> => {
  const { docker } = engine
  await docker.setRestart(watched.containerId, 'no')
  await docker.stop(watched.containerId, watched.release.plan.stopGraceSeconds)
  const stopped = await docker.container(watched.containerId)
  if (stopped) await remember(engine, watched, stopped)
}

/** false: there is nothing to go back to, or that was done already. */
const goBack = async (watch: Watch, { bot, release }: Watched, incident: Incident): Promise<boolean> => {
  const { engine } = watch
  const good = await wayBackFrom(engine, { bot, release, incident })
  if (!good) return false
  const minutes = Math.max(1, Math.round((incident.lastAt - incident.firstAt) / 60_000))
  const cause = `v${release.number} ended ${incident.count} times within ${minutes} min`
  const request = { bot: bot.name, kind: 'rollback' as const, args: { cause, release: good.number } }
  const { operation } = await requestOperation(engine, {
    ...request,
    requestedBy: 'manager',
    requestKey: `crash loop ${incident.id} v${release.number}`,
  })
  const rolledBack = { release: good.number, operation: operation.id }
  await engine.database.transaction((entities) =>
    changeIncident(entities, incident, { detail: { ...incident.detail, rolledBack } }),
  )
  engine.changes.emit({ incident: incident.id })
  await watch.enqueue(operation.id)
  return true
}

type Judged = { bot: Bot; release: Release; incident: Incident }

const wayBackFrom = async ({ database }: Engine, { bot, release, incident }: Judged): Promise<Release | undefined> => {
  const isYoung = incident.firstAt - (release.activatedAt ?? 0) < YOUNG_MS
  if (!bot.autoRollback || !isYoung || incident.detail.rolledBack) return undefined
  return lastGoodRelease(database.read, bot.id, release.number)
}

// While nobody reaches Telegram every bot may end for it.
const answersUs = async (engine: Engine, bot: Bot): Promise<boolean> => {
  try {
    const { token } = await botSecrets(engine, bot)
    await engine.telegram.webhookInfo(token, undefined, TELEGRAM_MS)
    return true
  } catch (error) {
    return !(error instanceof TbsError && error.code === 'telegram_unreachable')
  }
}
