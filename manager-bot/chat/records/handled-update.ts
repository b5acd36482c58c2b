import { type EntityManager, EntitySchema, In, LessThan } from 'typeorm'

/** An update that was accepted; it is never acted on again. */
export type HandledUpdate = { updateId: number; at: number }

export const HandledUpdateSchema = new EntitySchema<HandledUpdate>({
  name: 'handled_update',
  tableName: 'handled_updates',
  columns: {
    updateId: { name: 'update_id', type: 'integer', primary: true },
    at: { type: 'integer' },
  },
  indices: [{ name: 'handled_updates_by_time', columns: ['at'] }],
})

// Telegram keeps an update for a day and gives out random ids after a quiet week; the age to forget lies between.
const KEEP_MS = 3 * 24 * 3600 * 1000

/** Writes the ids down, and gives those that were not there yet. */
export const acceptUpdates = async (entities: EntityManager, ids: number[], now: number): Promise<Set<number>> => {
  const known = await entities.findBy(HandledUpdateSchema, { updateId: In(ids) })
  const fresh = new Set(ids)
  for (const { updateId } of known) fresh.delete(updateId)
  if (fresh.size > 0) {
    await entities.insert(
      HandledUpdateSchema,
      [...fresh].map((updateId) => ({ updateId, at: now })),
    )
  }
  return fresh
}

export const forgetHandledUpdates = async (entities: EntityManager, now: number): Promise<void> => {
  await entities.delete(HandledUpdateSchema, { at: LessThan(now - KEEP_MS) })
}

/** Where polling goes on; 0 when nothing is remembered. */
export const storedOffset = async (entities: EntityManager): Promise<number> => {
  const last = await entities.find(HandledUpdateSchema, { order: { at: 'DESC', updateId: 'DESC' }, take: 1 })
  return last[0] ? last[0].updateId + 1 : 0
}
