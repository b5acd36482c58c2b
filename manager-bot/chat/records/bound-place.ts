import { type EntityManager, EntitySchema, In } from 'typeorm'

/** A group or topic in which an owner said /here: commands are taken there, and alerts go there. */
export type BoundPlace = {
  chatId: number
  /** WHOLE_CHAT, or one topic. */
  threadId: number
  title: string
  boundBy: number
  createdAt: number
}

export const WHOLE_CHAT = 0

export const BoundPlaceSchema = new EntitySchema<BoundPlace>({
  name: 'bound_place',
  tableName: 'places',
  columns: {
    chatId: { name: 'chat_id', type: 'integer', primary: true },
    threadId: { name: 'thread_id', type: 'integer', primary: true },
    title: { type: 'text' },
    boundBy: { name: 'bound_by', type: 'integer' },
    createdAt: { name: 'created_at', type: 'integer' },
  },
})

/** Oldest first. */
export const boundPlaces = (entities: EntityManager): Promise<BoundPlace[]> =>
  entities.find(BoundPlaceSchema, { order: { createdAt: 'ASC', chatId: 'ASC', threadId: 'ASC' } })

/** What covers that topic: itself, or its whole chat. */
export const boundPlaceOf = async (
  entities: EntityManager,
  chatId: number,
  threadId: number | null,
): Promise<BoundPlace | undefined> =>
  (await entities.findOneBy(BoundPlaceSchema, { chatId, threadId: In([WHOLE_CHAT, threadId ?? WHOLE_CHAT]) })) ??
  undefined

/** A whole chat takes the place of its topics. */
export const bindPlace = async (entities: EntityManager, place: BoundPlace): Promise<void> => {
  const { chatId, threadId } = place
  if (threadId === WHOLE_CHAT) await entities.delete(BoundPlaceSchema, { chatId })
  await entities.save(BoundPlaceSchema, place)
}

/** false: that very place was not bound. */
export const unbindPlace = async (entities: EntityManager, chatId: number, threadId: number): Promise<boolean> =>
  (await entities.delete(BoundPlaceSchema, { chatId, threadId })).affected === 1

/** A group became a supergroup, which has no topics yet. */
export const movePlaces = async (entities: EntityManager, from: number, to: number): Promise<void> => {
  const [place] = await entities.findBy(BoundPlaceSchema, { chatId: from })
  await entities.delete(BoundPlaceSchema, { chatId: from })
  if (place) await bindPlace(entities, { ...place, chatId: to })
}
