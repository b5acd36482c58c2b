import { type EntityManager, EntitySchema, In } from 'typeorm'
import type { Place } from './operation-message.ts'

/** The one message that tells of an incident in a place. */
export type IncidentMessage = {
  id: number
  incidentId: number
  chatId: number
  threadId: number | null
  /** null: not sent yet. */
  messageId: number | null
  /** What it shows, as a hash; empty before it is sent. */
  face: string
  /** over: the incident's end is shown, and may still be taken back. gone: nothing can be told there. */
  state: 'open' | 'over' | 'gone'
  /** When it was first sent, and so may have sounded. */
  toldAt: number | null
  /** Its first end was said below it. */
  overTold: boolean
  remindedAt: number | null
  createdAt: number
}

export const IncidentMessageSchema = new EntitySchema<IncidentMessage>({
  name: 'incident_message',
  tableName: 'incident_messages',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    incidentId: { name: 'incident_id', type: 'integer' },
    chatId: { name: 'chat_id', type: 'integer' },
    threadId: { name: 'thread_id', type: 'integer', nullable: true },
    messageId: { name: 'message_id', type: 'integer', nullable: true },
    face: { type: 'text', default: '' },
    state: { type: 'text', default: 'open' },
    toldAt: { name: 'told_at', type: 'integer', nullable: true },
    overTold: { name: 'over_told', type: 'boolean', default: false },
    remindedAt: { name: 'reminded_at', type: 'integer', nullable: true },
    createdAt: { name: 'created_at', type: 'integer' },
  },
  indices: [
    { name: 'incident_messages_by_incident', columns: ['incidentId'] },
    { name: 'incident_messages_by_state', columns: ['state'] },
  ],
})

/** In each of these places, unless it is told somewhere already. Gives all that there are then. */
export const addIncidentMessages = async (
  entities: EntityManager,
  incidentId: number,
  { places, createdAt }: Places,
): Promise<IncidentMessage[]> => {
  if (!(await entities.existsBy(IncidentMessageSchema, { incidentId }))) {
    await entities.insert(
      IncidentMessageSchema,
      places.map((place) => ({ ...place, incidentId, createdAt })),
    )
  }
  return incidentMessagesOf(entities, [incidentId])
}

/**
 * Nothing can be told there. What was told nowhere, and can be told in no other place either, gets these places, too.
 */
export const giveUpIncidentMessage = async (
  entities: EntityManager,
  { id, incidentId }: IncidentMessage,
  { places, createdAt }: Places,
): Promise<void> => {
  await changeIncidentMessage(entities, id, { state: 'gone' })
  const all = await incidentMessagesOf(entities, [incidentId])
  if (all.some(({ state, toldAt }) => state !== 'gone' || toldAt !== null)) return
  const others = places.filter((place) => all.every(({ chatId }) => chatId !== place.chatId))
  await entities.insert(
    IncidentMessageSchema,
    others.map((place) => ({ ...place, incidentId, createdAt })),
  )
}

type Places = { places: readonly Pick<Place, 'chatId' | 'threadId'>[]; createdAt: number }

/** In the order in which they are to be told. */
export const incidentMessagesOf = (entities: EntityManager, incidents: number[]): Promise<IncidentMessage[]> =>
  entities.find(IncidentMessageSchema, { where: { incidentId: In(incidents) }, order: { id: 'ASC' } })

/** Those that may be behind also if nothing happens any more. */
export const openIncidentMessages = (entities: EntityManager): Promise<IncidentMessage[]> =>
  entities.find(IncidentMessageSchema, { where: { state: 'open' }, order: { id: 'ASC' } })

export const incidentMessageById = async (entities: EntityManager, id: number): Promise<IncidentMessage | undefined> =>
  (await entities.findOneBy(IncidentMessageSchema, { id })) ?? undefined

export type ChangedIncidentMessage = Partial<
  Pick<IncidentMessage, 'messageId' | 'face' | 'state' | 'toldAt' | 'overTold' | 'remindedAt'>
>

export const changeIncidentMessage = async (
  entities: EntityManager,
  id: number,
  change: ChangedIncidentMessage,
): Promise<void> => {
  await entities.update(IncidentMessageSchema, { id }, change)
}

/** As if it had never been told there. */
export const removeIncidentMessage = async (entities: EntityManager, id: number): Promise<void> => {
  await entities.delete(IncidentMessageSchema, { id })
}
