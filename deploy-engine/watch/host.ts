import type { EntityManager } from 'typeorm'
import type { Engine } from '../ports.ts'
import { changeIncident, endIncident, type Incident, noteSign, openIncidents } from '../records/incident.ts'
import { type HostCondition, type HostLook, ownLooks, RULES } from './host-looks.ts'
import { judge } from './hysteresis.ts'

const EVERY_MS = 30_000
/** So often an incident that lasts gets its newest numbers. */
const AGAIN_MS = 3600_000

/** Watches the host until the signal aborts, every 30 s; `also` is what only the caller can look at. */
export const watchHost = async (
  engine: Engine,
  { also = [], signal }: { also?: readonly HostLook[]; signal: AbortSignal },
): Promise<void> => {
  const round: Round = { looks: [...ownLooks(engine), ...also], sinces: new Map(), signal }
  while (!signal.aborted) {
    await lookAround(engine, round).catch((err) => {
      if (!signal.aborted) engine.log.error({ err }, 'watching the host failed')
    })
    await engine.clock.sleep(EVERY_MS, signal).catch(() => undefined)
  }
}

export type ToldCondition = {
  condition: HostCondition
  ok: boolean
  /** One sentence; if all is well, why it is over, in words that follow “over: ”. */
  found: string
  hint?: string
}

/** Opens the incident of a condition, keeps it up to date, or ends it; does nothing when that is so already. */
export const hostCondition = async (engine: Engine, told: ToldCondition): Promise<void> => {
  const incident = await engine.database.transaction((entities) => write(entities, told, engine.clock.now()))
  if (!incident) return
  engine.changes.emit({ incident: incident.id })
  const fields = { condition: told.condition, incident: incident.id }
  if (told.ok) engine.log.info(fields, `over: ${told.found}`)
  else engine.log.warn(fields, told.found)
}

type Round = {
  looks: readonly HostLook[]
  /** Since when the looks at it speak against how things stand. */
  sinces: Map<HostCondition, number | undefined>
  signal: AbortSignal
}

const lookAround = async (engine: Engine, { looks, sinces, signal }: Round): Promise<void> => {
  const incidents = await openIncidents(engine.database.read, null)
  const lookAt = async ({ condition, look }: HostLook): Promise<void> => {
    const { state, ...told } = await look(signal)
    const standing = { open: incidents.some(isOf(condition)), since: sinces.get(condition) }
    const { turns, since } = judge(standing, { state, at: engine.clock.elapsed() }, RULES[condition])
    sinces.set(condition, since)
    const lasts = standing.open && state === 'bad'
    if (turns || lasts) await hostCondition(engine, { condition, ok: state === 'good', ...told })
  }
  const looking = looks.map((look) =>
    lookAt(look).catch((err) => {
      if (!signal.aborted) engine.log.error({ err, condition: look.condition }, 'a look at the host failed')
    }),
  )
  await Promise.all(looking)
}

const write = async (
  entities: EntityManager,
  { condition, ok, found, hint }: ToldCondition,
  at: number,
): Promise<Incident | undefined> => {
  const open = (await openIncidents(entities, null)).find(isOf(condition))
  if (ok) return open && endIncident(entities, open, { at, end: found })
  const detail = { found, ...(hint !== undefined && { hint }) }
  if (!open) return noteSign(entities, { botId: null, kind: 'host', fingerprint: condition, at, detail })
  if (open.detail.found === found || at - open.lastAt < AGAIN_MS) return undefined
  return changeIncident(entities, open, { lastAt: at, detail: { ...open.detail, ...detail } })
}

const isOf =
  (condition: HostCondition) =>
  ({ kind, fingerprint }: Incident): boolean =>
    kind === 'host' && fingerprint === condition
