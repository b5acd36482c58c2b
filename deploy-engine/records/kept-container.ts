import { type EntityManager, EntitySchema } from 'typeorm'

/** A stopped container that stays because it holds data files outside volumes. */
export type KeptContainer = { containerId: string; botId: number; release: number; paths: string[]; keptAt: number }

export const KeptContainerSchema = new EntitySchema<KeptContainer>({
  name: 'kept_container',
  tableName: 'kept_containers',
  columns: {
    containerId: { name: 'container_id', type: 'text', primary: true },
    botId: { name: 'bot_id', type: 'integer' },
    release: { type: 'integer' },
    paths: { type: 'simple-json' },
    keptAt: { name: 'kept_at', type: 'integer' },
  },
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

/** Newest first. */
export const keptContainersOf = (entities: EntityManager, botId: number): Promise<KeptContainer[]> =>
  entities.find(KeptContainerSchema, { where: { botId }, order: { keptAt: 'DESC' } })
