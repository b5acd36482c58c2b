import { type EntityManager, EntitySchema } from 'typeorm'
import type { Role } from '../../role.ts'

/** One role of one person, for one bot or for all. Triggers keep the last owner's. */
export type Grant = { personId: number; botId: number; role: Role; grantedBy: string; createdAt: number }

/** Bots are numbered from 1, and a number is never given again. */
export const ALL_BOTS = 0

export const GrantSchema = new EntitySchema<Grant>({
  name: 'grant',
  tableName: 'grants',
  columns: {
    personId: { name: 'person_id', type: 'integer', primary: true },
    botId: { name: 'bot_id', type: 'integer', primary: true },
    role: { type: 'text' },
    grantedBy: { name: 'granted_by', type: 'text' },
    createdAt: { name: 'created_at', type: 'integer' },
  },
})

export const grantsOf = (entities: EntityManager, personId: number): Promise<Grant[]> =>
  entities.find(GrantSchema, { where: { personId }, order: { botId: 'ASC' } })

/** Oldest first. */
export const allGrants = (entities: EntityManager): Promise<Grant[]> =>
  entities.find(GrantSchema, { order: { createdAt: 'ASC', personId: 'ASC', botId: 'ASC' } })

/** Takes the place of the role that this person had there. Fails when nobody would own the installation any more. */
export const setGrant = async (entities: EntityManager, grant: Grant): Promise<void> => {
  await entities.save(GrantSchema, grant)
}

/** Fails when nobody would own the installation any more. */
export const removeGrants = async (
  entities: EntityManager,
  which: Pick<Grant, 'personId'> & { botId?: number },
): Promise<void> => {
  await entities.delete(GrantSchema, which)
}
