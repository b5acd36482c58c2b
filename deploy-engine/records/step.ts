import { type EntityManager, EntitySchema } from 'typeorm'

export type StepName =
  | 'fetch'
  | 'detect'
  | 'build'
  | 'prepare'
  | 'stop'
  | 'snapshot'
  | 'restore'
  | 'owner'
  | 'hook'
  | 'move'
  | 'start'
  | 'gate'
  | 'record'
  | 'read'
  | 'unpack'
  | 'undo'
  | 'measure'
  | 'copy'
  | 'pack'
  | 'remove'
  | 'prune'

/** One line of an operation's journal: written before the step acts, and again after it. */
export type Step = {
  id: number
  operationId: number
  name: StepName
  state: 'started' | 'done' | 'failed'
  /** What the step found, for people: "package-lock.json: npm ci". */
  detail: string | null
  startedAt: number
  endedAt: number | null
}

export const StepSchema = new EntitySchema<Step>({
  name: 'step',
  tableName: 'steps',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    operationId: { name: 'operation_id', type: 'integer' },
    name: { type: 'text' },
    state: { type: 'text' },
    detail: { type: 'text', nullable: true },
    startedAt: { name: 'started_at', type: 'integer' },
    endedAt: { name: 'ended_at', type: 'integer', nullable: true },
  },
  indices: [{ name: 'steps_by_operation', columns: ['operationId'] }],
  foreignKeys: [{ target: 'operation', columnNames: ['operationId'], referencedColumnNames: ['id'] }],
})

/** In the order in which they were begun. */
export const stepsOf = (entities: EntityManager, operationId: number): Promise<Step[]> =>
  entities.find(StepSchema, { where: { operationId }, order: { id: 'ASC' } })
