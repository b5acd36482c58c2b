import { type EntityManager, EntitySchema } from 'typeorm'

/** An encrypted value of a bot: its token, access to its repository, a config file, or a variable of that name. */
export type StoredSecret = { botId: number; key: string; keyId: string; sealed: Buffer; updatedAt: number }

export const TOKEN_KEY = 'token'
/** With a colon, so that they are no names of variables. */
export const GIT_KEY = 'git:key'
export const GIT_TOKEN = 'git:token'
/** Followed by a time and the key that had this value once: it is only there to be hidden. */
export const WAS = 'was:'
/** Followed by the path of a config file. */
export const FILE_KEY = 'file:'

export const isVariable = (key: string): boolean => key !== TOKEN_KEY && !key.includes(':')

export const SecretSchema = new EntitySchema<StoredSecret>({
  name: 'secret',
  tableName: 'secrets',
  columns: {
    botId: { name: 'bot_id', type: 'integer', primary: true },
    key: { type: 'text', primary: true },
    keyId: { name: 'key_id', type: 'text' },
    sealed: { type: 'blob' },
    updatedAt: { name: 'updated_at', type: 'integer' },
  },
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

export const secretsOf = (entities: EntityManager, botId: number): Promise<StoredSecret[]> =>
  entities.find(SecretSchema, { where: { botId }, order: { key: 'ASC' } })

/** The token of each bot that has one. */
export const storedTokens = (entities: EntityManager): Promise<StoredSecret[]> =>
  entities.findBy(SecretSchema, { key: TOKEN_KEY })
