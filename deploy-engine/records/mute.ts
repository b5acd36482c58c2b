import { type EntityManager, EntitySchema, IsNull, LessThanOrEqual } from 'typeorm'

/** Until when nothing is to be heard of a bot, or of the host (null). What happens is written down all the same. */
export type Mute = { id: number; botId: number | null; until: number; mutedBy: string }

export const MuteSchema = new EntitySchema<Mute>({
  name: 'mute',
  tableName: 'mutes',
  columns: {
    id: { type: 'integer', primary: true, generated: true },
    botId: { name: 'bot_id', type: 'integer', nullable: true },
    until: { type: 'integer' },
    mutedBy: { name: 'muted_by', type: 'text' },
  },
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

/** Those that are over are forgotten. */
export const muteOf = async (entities: EntityManager, botId: number | null, now: number): Promise<Mute | undefined> => {
  const found = await entities.findOneBy(MuteSchema, { botId: botId ?? IsNull() })
  return found && found.until > now ? found : undefined
}

/** Takes the place of the one that there is. */
export const setMute = async (entities: EntityManager, mute: Omit<Mute, 'id'>, now: number): Promise<void> => {
  await entities.delete(MuteSchema, { until: LessThanOrEqual(now) })
  await entities.delete(MuteSchema, { botId: mute.botId ?? IsNull() })
  if (mute.until > now) await entities.insert(MuteSchema, mute)
}
