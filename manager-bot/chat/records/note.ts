import { type EntityManager, EntitySchema, Like } from 'typeorm'

/** Something small that has to outlive a restart. */
export type Note = { key: string; value: unknown; at: number }

export const NoteSchema = new EntitySchema<Note>({
  name: 'note',
  tableName: 'notes',
  columns: {
    key: { type: 'text', primary: true },
    value: { type: 'simple-json' },
    at: { type: 'integer' },
  },
})

export const noteOf = async (entities: EntityManager, key: string): Promise<Note | undefined> =>
  (await entities.findOneBy(NoteSchema, { key })) ?? undefined

/** Oldest first. */
export const notesOf = (entities: EntityManager, prefix: string): Promise<Note[]> =>
  entities.find(NoteSchema, { where: { key: Like(`${prefix}%`) }, order: { at: 'ASC', key: 'ASC' } })

/** Takes the place of what that key had. */
export const setNote = async (entities: EntityManager, note: Note): Promise<void> => {
  await entities.save(NoteSchema, note)
}

export const removeNote = async (entities: EntityManager, key: string): Promise<void> => {
  await entities.delete(NoteSchema, { key })
}
