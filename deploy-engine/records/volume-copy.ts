import { type EntityManager, EntitySchema } from 'typeorm'

/**
 * A Docker volume that holds another one's content: `before` is what a release hook found, taken just before it ran;
 * `changed` is what a hook left that was undone, kept for a day.
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
