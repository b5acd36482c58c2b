import { type EntityManager, EntitySchema } from 'typeorm'
import type { Input } from '../../command.ts'

/** A command that waits for a token, the next thing that this person sends in this private chat. */
export type Awaited = { chatId: number; personId: number; command: string; input: Input; expiresAt: number }

export const AwaitedSchema = new EntitySchema<Awaited>({
  name: 'awaited',
  tableName: 'awaited',
  columns: {
    chatId: { name: 'chat_id', type: 'integer', primary: true },
    personId: { name: 'person_id', type: 'integer', primary: true },
    command: { type: 'text' },
    input: { type: 'simple-json' },
    expiresAt: { name: 'expires_at', type: 'integer' },
  },
})

export type Whose = Pick<Awaited, 'chatId' | 'personId'>

export const awaitedIn = async (
  entities: EntityManager,
  { chatId, personId }: Whose,
  now: number,
): Promise<Awaited | undefined> => {
  const found = await entities.findOneBy(AwaitedSchema, { chatId, personId })
  return found && found.expiresAt > now ? found : undefined
}

/** Takes the place of what was awaited there before. */
export const setAwaited = async (entities: EntityManager, awaited: Awaited): Promise<void> => {
  await entities.save(AwaitedSchema, awaited)
}

export const clearAwaited = async (entities: EntityManager, { chatId, personId }: Whose): Promise<void> => {
  await entities.delete(AwaitedSchema, { chatId, personId })
}

/** Wherever that person was asked. */
export const clearAwaitedOf = async (entities: EntityManager, personId: number): Promise<void> => {
  await entities.delete(AwaitedSchema, { personId })
}
