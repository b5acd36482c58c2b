import type { EntityManager } from 'typeorm'
import { roleOf } from './access.ts'
import { boundPlaces, WHOLE_CHAT } from './records/bound-place.ts'
import type { Place } from './records/operation-message.ts'
import { owners } from './records/person.ts'

type AlertPlace = Pick<Place, 'chatId' | 'threadId'>

/** Where alerts are told: wherever an owner said /here, else to every owner in private. */
export const alertPlaces = async (entities: EntityManager): Promise<AlertPlace[]> => {
  const bound = await boundPlaces(entities)
  if (bound.length === 0) return ownersPlaces(entities)
  return bound.map(({ chatId, threadId }) => ({ chatId, threadId: threadId === WHOLE_CHAT ? null : threadId }))
}

export const ownersPlaces = async (entities: EntityManager): Promise<AlertPlace[]> =>
  (await owners(entities)).map(({ telegramId }) => ({ chatId: telegramId, threadId: null }))

/** Whether what was told there may still be told. Private chats have the number of their person. */
export const isAlertPlace = async (entities: EntityManager, { chatId }: AlertPlace): Promise<boolean> => {
  if (chatId > 0) return (await roleOf(entities, chatId)) === 'owner'
  return (await boundPlaces(entities)).some((place) => place.chatId === chatId)
}
