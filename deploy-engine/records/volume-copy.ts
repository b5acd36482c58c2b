import { type EntityManager, EntitySchema } from 'typeorm'

/**
 * A Docker volume that holds another one's content, complete from the moment that its row is there. `before`: as it was
 * when an operation began to change it. `changed`: as it was before it was put back, kept for a day.
 */
export type VolumeCopy = {
  name: string
  botId: number
  operationId: number
  /** The bot's volume that it is a copy of. */
  volume: string
  kind: 'before' | 'changed'
  createdAt: number
}

export const VolumeCopySchema = new EntitySchema<VolumeCopy>({
  name: 'volume_copy',
  tableName: 'volume_copies',
  columns: {
    name: { type: 'text', primary: true },
    botId: { name: 'bot_id', type: 'integer' },
    operationId: { name: 'operation_id', type: 'integer' },
    volume: { type: 'text' },
    kind: { type: 'text' },
    createdAt: { name: 'created_at', type: 'integer' },
  },
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

/** Oldest first. */
export const volumeCopiesOf = (entities: EntityManager, botId: number): Promise<VolumeCopy[]> =>
  entities.find(VolumeCopySchema, { where: { botId }, order: { createdAt: 'ASC' } })
