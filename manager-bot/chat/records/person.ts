import { type EntityManager, EntitySchema, In, Raw } from 'typeorm'
import { GrantSchema } from './grant.ts'

/** Somebody whom the manager listens to, by the numeric id that Telegram gives each account. */
export type Person = { telegramId: number; name: string; createdAt: number }

export const PersonSchema = new EntitySchema<Person>({
  name: 'person',
  tableName: 'people',
  columns: {
    telegramId: { name: 'telegram_id', type: 'integer', primary: true },
    name: { type: 'text' },
    createdAt: { name: 'created_at', type: 'integer' },
  },
})

export const personById = async (entities: EntityManager, telegramId: number): Promise<Person | undefined> =>
  (await entities.findOneBy(PersonSchema, { telegramId })) ?? undefined

/** Oldest first. */
export const allPeople = (entities: EntityManager): Promise<Person[]> =>
  entities.find(PersonSchema, { order: { createdAt: 'ASC', telegramId: 'ASC' } })

/** Those of the given ids whom the manager listens to. */
export const knownPeople = async (entities: EntityManager, ids: number[]): Promise<Set<number>> =>
  new Set((await entities.findBy(PersonSchema, { telegramId: In(ids) })).map(({ telegramId }) => telegramId))

/** Names are taken as Telegram takes them, whatever their case. One may have passed from one person to another. */
export const peopleNamed = (entities: EntityManager, name: string): Promise<Person[]> =>
  entities.findBy(PersonSchema, { name: Raw((column) => `lower(${column}) = lower(:name)`, { name }) })

/** Oldest first. */
export const owners = async (entities: EntityManager): Promise<Person[]> => {
  const ids = (await entities.findBy(GrantSchema, { role: 'owner' })).map(({ personId }) => personId)
  return entities.find(PersonSchema, { where: { telegramId: In(ids) }, order: { createdAt: 'ASC', telegramId: 'ASC' } })
}

/** Whoever is known already keeps the name. */
export const addPerson = async (entities: EntityManager, person: Person): Promise<void> => {
  if (!(await personById(entities, person.telegramId))) await entities.insert(PersonSchema, person)
}

export const renamePerson = async (entities: EntityManager, telegramId: number, name: string): Promise<void> => {
  await entities.update(PersonSchema, { telegramId }, { name })
}

export const removePerson = async (entities: EntityManager, telegramId: number): Promise<void> => {
  await entities.delete(PersonSchema, { telegramId })
}
