import type { EntityManager } from 'typeorm'
import { allBots, type Engine } from '../../deploy-engine/index.ts'
import { type Access, highest, type Role } from '../role.ts'
import { ALL_BOTS, type Grant, grantsOf } from './records/grant.ts'

/** What somebody may do now; undefined for a stranger. */
export const accessOf = async (engine: Engine, personId: number): Promise<Access | undefined> => {
  const { read } = engine.database
  const grants = await grantsOf(read, personId)
  const best = highest(grants.map(({ role }) => role))
  if (best === undefined) return undefined
  const limited = grants.some(({ botId }) => botId !== ALL_BOTS)
  const ids = new Map(limited ? (await allBots(read)).map(({ name, id }) => [name, id]) : [])
  return { best, roleFor: (bot) => roleAmong(grants, bot === undefined ? undefined : ids.get(bot)) }
}

/** The highest role that a person has for a bot, by its number; without one: for all bots. */
export const roleOf = async (entities: EntityManager, personId: number, botId?: number): Promise<Role | undefined> =>
  roleAmong(await grantsOf(entities, personId), botId)

const roleAmong = (grants: readonly Grant[], botId: number | undefined): Role | undefined =>
  highest(grants.filter((grant) => grant.botId === ALL_BOTS || grant.botId === botId).map(({ role }) => role))
