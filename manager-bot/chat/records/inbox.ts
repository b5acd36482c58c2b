import { type EntityManager, EntitySchema } from 'typeorm'

/** An accepted update whose command is not known to be done; sealed, since people send tokens. */
export type Inbox = { updateId: number; sealed: Buffer; acceptedAt: number }

export const InboxSchema = new EntitySchema<Inbox>({
  name: 'inbox',
  tableName: 'inbox',
  columns: {
    updateId: { name: 'update_id', type: 'integer', primary: true },
    sealed: { type: 'blob' },
    acceptedAt: { name: 'accepted_at', type: 'integer' },
  },
})

export const inboxKey = (updateId: number): string => `update:${updateId}`

export const addToInbox = async (entities: EntityManager, updates: Inbox[]): Promise<void> => {
  if (updates.length > 0) await entities.insert(InboxSchema, updates)
}

/** Oldest first. */
export const inbox = (entities: EntityManager): Promise<Inbox[]> =>
  entities.find(InboxSchema, { order: { updateId: 'ASC' } })

/** undefined: it is done, or was a stranger's. */
export const inboxItem = async (entities: EntityManager, updateId: number): Promise<Inbox | undefined> =>
  (await entities.findOneBy(InboxSchema, { updateId })) ?? undefined

export const removeFromInbox = async (entities: EntityManager, updateId: number): Promise<void> => {
  await entities.delete(InboxSchema, { updateId })
}
