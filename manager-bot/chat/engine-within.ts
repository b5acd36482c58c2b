import type { EntityManager } from 'typeorm'
import type { Engine } from '../../deploy-engine/index.ts'

/** An engine whose database is one transaction that is under way. */
export const engineWithin = (engine: Engine, entities: EntityManager): Engine => ({
  ...engine,
  database: { ...engine.database, read: entities, transaction: (inner) => inner(entities) },
})
