import { type EntityManager, EntitySchema } from 'typeorm'

/**
 * A Docker volume that holds a bot's directory in the place of the one that is named after it: restored data. new: not
 * used yet. live: it is what containers get. replaced: it was that before, and is kept for a day. By the bot's name, as
 * volumes are, so that the next bot of that name has its data again.
 */
export type BotVolume = {
  name: string
  botName: string
  path: string
  state: 'new' | 'live' | 'replaced'
  /** The operation that brought it into this state. */
  operationId: number
  /** The operation that is bringing it up, to become live with its end. */
  filledBy: number | null
  /** Which one makes room for it then; null: there is none. */
  replaces: string | null
  since: number
}

export const BotVolumeSchema = new EntitySchema<BotVolume>({
  name: 'bot_volume',
  tableName: 'bot_volumes',
  columns: {
    name: { type: 'text', primary: true },
    botName: { name: 'bot_name', type: 'text' },
    path: { type: 'text' },
    state: { type: 'text' },
    operationId: { name: 'operation_id', type: 'integer' },
    filledBy: { name: 'filled_by', type: 'integer', nullable: true },
    replaces: { type: 'text', nullable: true },
    since: { type: 'integer' },
  },
  indices: [{ name: 'bot_volumes_by_bot', columns: ['botName'] }],
})

/** Oldest first. */
export const botVolumes = (entities: EntityManager, botName: string): Promise<BotVolume[]> =>
  entities.find(BotVolumeSchema, { where: { botName }, order: { since: 'ASC', name: 'ASC' } })

/** Names by the paths where a bot's containers have other volumes than those that are named after it. */
export const restoredNames = async (
  entities: EntityManager,
  botName: string,
  operation?: number,
): Promise<Record<string, string>> => {
  const volumes = await botVolumes(entities, botName)
  const live = volumes.filter(({ state }) => state === 'live')
  const own = volumes.filter(({ filledBy }) => filledBy !== null && filledBy === operation)
  return Object.fromEntries([...live, ...own].map(({ path, name }) => [path, name]))
}

/** Belongs into the transaction that makes a release active: what its operation was bringing up is what counts now. */
export const settleVolumes = async (
  entities: EntityManager,
  { bot, operation, now }: { bot: string; operation: number; now: number },
): Promise<void> => {
  const own = (await botVolumes(entities, bot)).filter(({ filledBy }) => filledBy === operation)
  const settled = { operationId: operation, filledBy: null, replaces: null, since: now }
  for (const { path, replaces } of own) {
    if (replaces === null) continue
    await entities.save(BotVolumeSchema, { name: replaces, botName: bot, path, state: 'replaced' as const, ...settled })
  }
  for (const { name } of own) await entities.update(BotVolumeSchema, { name }, { state: 'live', ...settled })
}

/** Marks what a restore replaced to be brought up again in the place of what is live. Gives those that it marked. */
export const fillWithReplaced = async (
  entities: EntityManager,
  { bot, operation, by }: { bot: string; operation: number; by: number },
): Promise<BotVolume[]> => {
  const volumes = await botVolumes(entities, bot)
  const replaced = volumes.filter(({ state, operationId }) => state === 'replaced' && operationId === by)
  for (const { name, path } of replaced) {
    const live = volumes.find((one) => one.path === path && one.state === 'live')?.name ?? null
    await entities.update(BotVolumeSchema, { name }, { filledBy: operation, replaces: live })
  }
  return replaced
}

/** Undoes both: what was new is forgotten, what was replaced is that again. */
export const emptyAgain = async (entities: EntityManager, operation: number): Promise<void> => {
  await entities.delete(BotVolumeSchema, { filledBy: operation, state: 'new' })
  await entities.update(BotVolumeSchema, { filledBy: operation }, { filledBy: null, replaces: null })
}
