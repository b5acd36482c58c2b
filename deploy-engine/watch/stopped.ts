import { type IncidentDetail, type IncidentKind, noteSign } from '../records/incident.ts'
import type { Happening } from './happened.ts'
import { openIncidentOf, type Watch, type Watched } from './watched.ts'

/** A Docker that is shutting down stops containers one after the other, and answers meanwhile. */
const SURE_AFTER_MS = 15_000

type Stopped = Extract<Happening, { kind: 'stopped' }>

/** Somebody stopped it past the manager, or Docker can't start it: told once, when it stays so. */
export const noteStopped = async (watch: Watch, watched: Watched, { at, exitCode, error }: Stopped): Promise<void> => {
  const { engine, stoppedSince } = watch
  const now = engine.clock.now()
  const since = stoppedSince.get(watched.bot.id) ?? now
  stoppedSince.set(watched.bot.id, since)
  if (now - since < SURE_AFTER_MS) return
  if (error === '') return tell(watch, watched, { kind: 'stopped', at, detail: { exitCode } })
  await tell(watch, watched, { kind: 'start_failure', at: now, detail: { found: `Docker can’t start it: ${error}` } })
}

/** Its container was removed past the manager. */
export const noteGone = async (watch: Watch, watched: Watched): Promise<void> => {
  const hint = `/restart ${watched.bot.name} makes a new one`
  await tell(watch, watched, { kind: 'gone', at: watch.engine.clock.now(), detail: { hint } })
}

type Told = { kind: IncidentKind; at: number; detail: IncidentDetail }

const tell = async ({ engine }: Watch, { bot, release }: Watched, { kind, at, detail }: Told): Promise<void> => {
  if (await openIncidentOf(engine, bot.id, [kind])) return
  const sign = { botId: bot.id, kind, fingerprint: kind, at, detail: { release: release.number, ...detail } }
  const { id } = await engine.database.transaction((entities) => noteSign(entities, sign))
  engine.log.warn({ bot: bot.name, incident: id, kind }, 'a bot does not run')
  engine.changes.emit({ incident: id })
}
