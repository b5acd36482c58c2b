import type { EntityManager } from 'typeorm'
import { allBots, type Bot } from '../records/bot.ts'
import {
  changeIncident,
  endIncident,
  type Incident,
  incidentById,
  noteSign,
  openIncidents,
} from '../records/incident.ts'
import { ReleaseSchema } from '../records/release.ts'
import { EXIT_KINDS } from './crash-loop.ts'

/** Bots that end within this time may have one reason in common, which is none of theirs. */
const TOGETHER_MS = 60_000
const MANY = 3
/** The host's trouble has passed; whoever goes on crashing does so on its own account. */
const CALM_AFTER_MS = 5 * 60_000
const STILL_MS = 2 * 60_000

/** Fingerprints of incidents of the host: that of many exits, and those that explain exits. */
const FLEET = 'exits'
const CAUSES = ['telegram', 'docker']

/**
 * If three bots or half of them have ended within a minute, that is one incident of the host, and theirs are part of
 * it. Gives the incidents that were changed.
 */
export const joinFleet = async (entities: EntityManager, { at }: { at: number }): Promise<number[]> => {
  const struck = (await openIncidents(entities)).filter(
    ({ kind, botId, lastAt }) => botId !== null && EXIT_KINDS.includes(kind) && lastAt > at - TOGETHER_MS,
  )
  const all = await botsToRun(entities)
  if (!isFleetWide(struck.length, all.length)) return []
  const before = (await fleetIncident(entities))?.detail.bots ?? []
  const names = all.filter(({ id }) => struck.some(({ botId }) => botId === id)).map(({ name }) => name)
  const bots = [...new Set([...before, ...names])].sort()
  const host = await noteSign(entities, {
    botId: null,
    kind: 'host',
    fingerprint: FLEET,
    at,
    detail: {
      bots,
      found: `${bots.length} of ${all.length} bots ended within a minute`,
      hint: 'That many have one reason in common, such as memory, disk or network. None of them is stopped for it.',
    },
  })
  const fresh = struck.filter(({ partOf }) => partOf === null)
  for (const incident of fresh) await changeIncident(entities, incident, { partOf: host.id })
  return [host.id, ...fresh.map(({ id }) => id)]
}

/** Three, or half of several; one bot of two says nothing of the other. */
export const isFleetWide = (struck: number, all: number): boolean =>
  struck >= MANY || (struck >= 2 && struck * 2 >= all)

/**
 * Exits belong to what is wrong with the host while that lasts. Whoever goes on crashing after the others have calmed
 * down is let go, and the fleet's incident ends when no bot is part of it any more. Gives the incidents that were
 * changed.
 */
export const settleFleet = async (entities: EntityManager, now: number): Promise<number[]> => [
  ...(await joinCause(entities)),
  ...(await letGo(entities, now)),
  ...(await endFleet(entities, now)),
]

const joinCause = async (entities: EntityManager): Promise<number[]> => {
  const open = await openIncidents(entities)
  const cause = open.find(({ kind, fingerprint }) => kind === 'host' && CAUSES.includes(fingerprint))
  if (!cause) return []
  const parts = open.filter(
    (incident) => isOfExits(incident) && incident.partOf === null && incident.lastAt > cause.firstAt - TOGETHER_MS,
  )
  for (const incident of parts) await changeIncident(entities, incident, { partOf: cause.id })
  return parts.map(({ id }) => id)
}

const letGo = async (entities: EntityManager, now: number): Promise<number[]> => {
  const alone: number[] = []
  for (const incident of await openIncidents(entities)) {
    if (incident.partOf === null || now - incident.lastAt > STILL_MS) continue
    const host = await incidentById(entities, incident.partOf)
    if (!host || now - calmSince(host, now) < CALM_AFTER_MS) continue
    await changeIncident(entities, incident, { partOf: null })
    alone.push(incident.id)
  }
  return alone
}

const calmSince = ({ endedAt, fingerprint, lastAt }: Incident, now: number): number =>
  endedAt ?? (fingerprint === FLEET ? lastAt : now)

const endFleet = async (entities: EntityManager, now: number): Promise<number[]> => {
  const host = await fleetIncident(entities)
  if (!host || (await openIncidents(entities)).some(({ partOf }) => partOf === host.id)) return []
  await endIncident(entities, host, { at: now, end: 'the bots run again' })
  return [host.id]
}

const isOfExits = ({ kind, fingerprint }: Incident): boolean =>
  EXIT_KINDS.includes(kind) || (kind === 'host' && fingerprint === FLEET)

const fleetIncident = async (entities: EntityManager): Promise<Incident | undefined> =>
  (await openIncidents(entities, null)).find(({ fingerprint }) => fingerprint === FLEET)

const botsToRun = async (entities: EntityManager): Promise<Bot[]> => {
  const active = await entities.findBy(ReleaseSchema, { state: 'active' })
  const ids = new Set(active.map(({ botId }) => botId))
  return (await allBots(entities)).filter(({ id, stoppedAt }) => stoppedAt === null && ids.has(id))
}
