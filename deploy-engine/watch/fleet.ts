import type { EntityManager } from 'typeorm'
import { allBots, type Bot } from '../records/bot.ts'
import { changeIncident, endIncident, type Incident, noteSign, openIncidents } from '../records/incident.ts'
import { ReleaseSchema } from '../records/release.ts'
import { EXIT_KINDS } from './crash-loop.ts'

/** Bots that end within this time may have one reason in common, which is none of theirs. */
const TOGETHER_MS = 60_000
const MANY = 3
/** The host's trouble has passed; whoever goes on crashing does so on its own account. */
const CALM_AFTER_MS = 5 * 60_000
const STILL_MS = 2 * 60_000

export const FLEET = 'exits'

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
 * Lets go of bots that go on crashing after the others have calmed down, and ends the host's incident when no bot is
 * part of it any more. Gives the incidents that were changed.
 */
export const settleFleet = async (entities: EntityManager, now: number): Promise<number[]> => {
  const host = await fleetIncident(entities)
  if (!host) return []
  const parts = (await openIncidents(entities)).filter(({ partOf }) => partOf === host.id)
  const calm = now - host.lastAt > CALM_AFTER_MS
  const alone = parts.filter(({ lastAt }) => calm && now - lastAt < STILL_MS)
  for (const incident of alone) await changeIncident(entities, incident, { partOf: null })
  if (parts.length > alone.length) return alone.map(({ id }) => id)
  await endIncident(entities, host, { at: now, end: 'the bots run again' })
  return [host.id, ...alone.map(({ id }) => id)]
}

const fleetIncident = async (entities: EntityManager): Promise<Incident | undefined> =>
  (await openIncidents(entities, null)).find(({ fingerprint }) => fingerprint === FLEET)

const botsToRun = async (entities: EntityManager): Promise<Bot[]> => {
  const active = await entities.findBy(ReleaseSchema, { state: 'active' })
  const ids = new Set(active.map(({ botId }) => botId))
  return (await allBots(entities)).filter(({ id, stoppedAt }) => stoppedAt === null && ids.has(id))
}
