import { type EntityManager, EntitySchema } from 'typeorm'
import type { Role } from '../../command.ts'

/** Somebody whom the manager listens to, by the numeric id that Telegram gives each account. */
export type Person = { telegramId: number; role: Role; name: string; createdAt: number }

export const PersonSchema = new EntitySchema<Person>({
  name: 'person',
  tableName: 'people',
  columns: {
    telegramId: { name: 'telegram_id', type: 'integer', primary: true },
    role: { type: 'text' },
    name: { type: 'text' },
    createdAt: { name: 'created_at', type: 'integer' },
  },
})

export const personById = async (entities: EntityManager, telegramId: number): Promise<Person | undefined> =>
  (await entities.findOneBy(PersonSchema, { telegramId })) ?? undefined

/** Oldest first. */
export const owners = (entities: EntityManager): Promise<Person[]> =>
  entities.find(PersonSchema, { where: { role: 'owner' }, order: { createdAt: 'ASC' } })

export const addOwner = async (entities: EntityManager, owner: Omit<Person, 'role'>): Promise<void> => {
  await entities.save(PersonSchema, { ...owner, role: 'owner' })
}
