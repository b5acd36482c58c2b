import { type EntityManager, EntitySchema } from 'typeorm'

/** How a container was when it was last looked at: what differs at the next look is what happened. */
export type Observation = {
  containerId: string
  botId: number
  running: boolean
  startedAt: number
  finishedAt: number
  restarts: number
  /** The most that it took since it was created, as far as it was looked at. */
  peakMemoryBytes: number
  /** Cores, over the time between two looks. */
  peakCores: number
}

export const ObservationSchema = new EntitySchema<Observation>({
  name: 'observation',
  tableName: 'containers',
  columns: {
    containerId: { name: 'container_id', type: 'text', primary: true },
    botId: { name: 'bot_id', type: 'integer' },
    running: { type: 'boolean' },
    startedAt: { name: 'started_at', type: 'integer' },
    finishedAt: { name: 'finished_at', type: 'integer' },
    restarts: { type: 'integer' },
    peakMemoryBytes: { name: 'peak_memory_bytes', type: 'integer', default: 0 },
    peakCores: { name: 'peak_cores', type: 'real', default: 0 },
  },
  indices: [{ name: 'containers_by_bot', columns: ['botId'] }],
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

/** What counts from here on is whatever happened since its start. */
export const NEVER_SEEN = {
  running: true,
  startedAt: 0,
  finishedAt: 0,
  restarts: 0,
  peakMemoryBytes: 0,
  peakCores: 0,
}

export const observationOf = async (entities: EntityManager, containerId: string): Promise<Observation | undefined> =>
  (await entities.findOneBy(ObservationSchema, { containerId })) ?? undefined

/** Takes the place of what was seen of this bot, also in another container. */
export const observe = async (entities: EntityManager, observation: Observation): Promise<void> => {
  await entities.delete(ObservationSchema, { botId: observation.botId })
  await entities.insert(ObservationSchema, observation)
}
