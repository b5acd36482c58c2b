import { createHash } from 'node:crypto'
import { type EntityManager, EntitySchema } from 'typeorm'

/** The one-time code that makes the first owner; only its hash is kept. */
export type OwnerCode = { hash: string; expiresAt: number }

export const OwnerCodeSchema = new EntitySchema<OwnerCode>({
  name: 'owner_code',
  tableName: 'owner_codes',
  columns: {
    hash: { type: 'text', primary: true },
    expiresAt: { name: 'expires_at', type: 'integer' },
  },
})

/** From now on only this code works. */
export const replaceOwnerCode = async (entities: EntityManager, code: string, expiresAt: number): Promise<void> => {
  await entities.clear(OwnerCodeSchema)
  await entities.insert(OwnerCodeSchema, { hash: hashOf(code), expiresAt })
}

/** Takes the code if it is the right one and not too old; it works once. */
export const useOwnerCode = async (entities: EntityManager, code: string, now: number): Promise<boolean> => {
  const found = await entities.findOneBy(OwnerCodeSchema, { hash: hashOf(code) })
  if (!found || found.expiresAt <= now) return false
  await entities.clear(OwnerCodeSchema)
  return true
}

const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex')
