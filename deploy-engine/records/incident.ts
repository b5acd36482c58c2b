import { type EntityManager, EntitySchema, In, IsNull, MoreThan } from 'typeorm'

/** A problem from its first sign to its end, see design.md section 1. */
export type Incident = {
  id: number
  /** null: of the host. */
  botId: number | null
  kind: IncidentKind
  /** What makes it the same problem when it comes again within an hour. */
  fingerprint: string
  state: 'open' | 'ended'
  /** How often it was seen: exits of a bot, failed health checks. */
  count: number
  firstAt: number
  lastAt: number
  endedAt: number | null
  /** How often it came back within an hour. */
  reopened: number
  detail: IncidentDetail
  /** Grows with each change that a person should see. */
  revision: number
  /** Who has taken note of it; ends with the incident. */
  ackedBy: string | null
  /** The incident that tells of this one, too: it is not told by itself. */
  partOf: number | null
}

/**
 * crash, crash_loop, out_of_memory and start_failure are what exits come to, and turn into each other. stopped: from
 * outside. gone: its container was removed. unhealthy: its health check fails. deaf: it runs and takes no updates.
 * token: Telegram refuses it. conflict: it is used elsewhere. host: see `fingerprint`.
 */
export type IncidentKind =
  | 'crash'
  | 'crash_loop'
  | 'out_of_memory'
  | 'start_failure'
  | 'stopped'
  | 'gone'
  | 'unhealthy'
  | 'deaf'
  | 'token'
  | 'conflict'
  | 'host'

export type IncidentDetail = {
  /** Number of the release that it is about, and of the one to go back to. */
  release?: number
  lastGood?: number
  /** Of the last exit; absent: Docker does not know any more. */
  exitCode?: number | undefined
  outOfMemory?: boolean
  /** How long it had run. */
  uptimeMs?: number | undefined
  /** What it took when it was last looked at before its end, and what it may take. */
  memoryBytes?: number
  memoryLimitBytes?: number
  /** The last exits, oldest first, ms since the epoch; those that were missed are counted only. */
  exits?: number[]
  /** What it printed last, redacted. */
  logLines?: string[]
  /** It is kept from running for a while, since it only ends again. */
  hold?: Hold
  /** The manager went back to this release, in this operation. */
  rolledBack?: { release: number; operation: number }
  /** The manager started it anew for this, at that time. */
  restartedAt?: number
  /** That is not done yet: the start of this container that it is to replace. */
  restarting?: { container: string; startedAt: number }
  /** Updates that wait for it. */
  waiting?: number
  /** One sentence of what was found. */
  found?: string
  /** One sentence of what to do. */
  hint?: string
  /** host: names of the bots that it is about. */
  bots?: string[]
  /** Why it is over, in words that follow “over: ”. */
  end?: string
}

export type Hold = {
  container: string
  /** Tries since it was first stopped. */
  tries: number
  /** When it is started again; null: it runs on trial. */
  nextTryAt: number | null
}

export const IncidentSchema = new EntitySchema<Incident>({
  name: 'incident',
  tableName: 'incidents',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    botId: { name: 'bot_id', type: 'integer', nullable: true },
    kind: { type: 'text' },
    fingerprint: { type: 'text' },
    state: { type: 'text' },
    count: { type: 'integer', default: 1 },
    firstAt: { name: 'first_at', type: 'integer' },
    lastAt: { name: 'last_at', type: 'integer' },
    endedAt: { name: 'ended_at', type: 'integer', nullable: true },
    reopened: { type: 'integer', default: 0 },
    detail: { type: 'simple-json' },
    revision: { type: 'integer', default: 1 },
    ackedBy: { name: 'acked_by', type: 'text', nullable: true },
    partOf: { name: 'part_of', type: 'integer', nullable: true },
  },
  indices: [{ name: 'incidents_by_state', columns: ['state', 'botId'] }],
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

/** Of one bot, of the host (null) or all; oldest first. */
export const openIncidents = (entities: EntityManager, botId?: number | null): Promise<Incident[]> =>
  entities.find(IncidentSchema, {
    where: { state: 'open', ...(botId === undefined ? {} : { botId: botId ?? IsNull() }) },
    order: { id: 'ASC' },
  })

export const incidentById = async (entities: EntityManager, id: number): Promise<Incident | undefined> =>
  (await entities.findOneBy(IncidentSchema, { id })) ?? undefined

/** Whether this container is kept from running for a while, or runs on trial. */
export const isHeldBack = async (entities: EntityManager, container: string): Promise<boolean> =>
  (await openIncidents(entities)).some(({ detail }) => detail.hold?.container === container)

/**
 * Of these bots, and with null among them of the host; the `count` that ended last, newest first. `whole`: without
 * those that are part of another one.
 */
export const endedIncidents = (
  entities: EntityManager,
  { of, count, whole }: { of: readonly (number | null)[]; count: number; whole: boolean },
): Promise<Incident[]> => {
  const bots = of.filter((id) => id !== null)
  const ended = { state: 'ended' as const, ...(whole && { partOf: IsNull() }) }
  return entities.find(IncidentSchema, {
    where: [{ ...ended, botId: In(bots) }, ...(of.includes(null) ? [{ ...ended, botId: IsNull() }] : [])],
    order: { endedAt: 'DESC', id: 'DESC' },
    take: count,
  })
}

/** The same problem within this time is the same incident. */
const REOPENED_WITHIN_MS = 3600_000

export type Sign = {
  botId: number | null
  kind: IncidentKind
  fingerprint: string
  at: number
  /** Times that it was seen now. */
  count?: number
  detail: IncidentDetail
  /** Kinds that it may have had so far; absent: only its own. */
  family?: readonly IncidentKind[]
}

/**
 * Writes down a sign of a problem: into the incident that is open, or that ended within the last hour, else into a new
 * one. What the detail does not name stays as it was.
 */
export const noteSign = async (entities: EntityManager, sign: Sign): Promise<Incident> => {
  const { botId, kind, fingerprint, at, count = 1, detail } = sign
  const known = await sameProblem(entities, sign)
  if (!known) {
    const fresh = { state: 'open' as const, firstAt: at, endedAt: null, reopened: 0, revision: 1 }
    const row = { botId, kind, fingerprint, count, lastAt: at, detail, ackedBy: null, partOf: null, ...fresh }
    return entities.save(IncidentSchema, row)
  }
  const again = known.state === 'ended'
  const { end: _, ...before } = known.detail
  return changeIncident(entities, known, {
    kind,
    fingerprint,
    state: 'open',
    endedAt: null,
    count: known.count + count,
    lastAt: at,
    reopened: known.reopened + (again ? 1 : 0),
    detail: { ...before, ...detail },
  })
}

const sameProblem = async (entities: EntityManager, sign: Sign): Promise<Incident | undefined> => {
  const { botId, kind, fingerprint, at, family = [kind] } = sign
  const own = (incident: Incident) => family.includes(incident.kind)
  const open = (await openIncidents(entities, botId)).find(
    (incident) => own(incident) && (kind !== 'host' || incident.fingerprint === fingerprint),
  )
  if (open) return open
  const ended = await entities.find(IncidentSchema, {
    where: { botId: botId ?? IsNull(), state: 'ended', fingerprint, endedAt: MoreThan(at - REOPENED_WITHIN_MS) },
    order: { id: 'DESC' },
  })
  return ended.find(own)
}

type Changed = Partial<Omit<Incident, 'id' | 'botId' | 'revision'>>

/** Changes an incident and counts its revision up, inside the caller's transaction; gives it as it is then. */
export const changeIncident = async (entities: EntityManager, known: Incident, change: Changed): Promise<Incident> => {
  await entities.update(IncidentSchema, { id: known.id }, { ...change, revision: () => 'revision + 1' })
  return entities.findOneByOrFail(IncidentSchema, { id: known.id })
}

/** `end`: why, in words that follow “over: ”. */
export const endIncident = (entities: EntityManager, known: Incident, { at, end }: { at: number; end: string }) => {
  const { hold: _, ...detail } = known.detail
  return changeIncident(entities, known, {
    state: 'ended',
    endedAt: at,
    ackedBy: null,
    detail: { ...detail, end },
  })
}

/** When a bot was last started anew for a problem of that kind, if ever. */
export const lastRestartFor = async (
  entities: EntityManager,
  botId: number,
  kind: IncidentKind,
): Promise<number | undefined> => {
  const known = await entities.find(IncidentSchema, { where: { botId, kind }, order: { id: 'DESC' }, take: 5 })
  const times = known.flatMap(({ detail }) => detail.restartedAt ?? [])
  return times.length > 0 ? Math.max(...times) : undefined
}
