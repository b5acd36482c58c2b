import { type EntityManager, EntitySchema } from 'typeorm'
import { TbsError } from '../error.ts'

/** A registered application, see design.md section 1. */
export type Bot = {
  id: number
  name: string
  repo: string
  branch: string | null
  /** Name of the variable that carries the token; null: guessed anew from the source of each release. */
  tokenEnv: string | null
  /** Directory of the repository that the bot is in; null: the whole repository. */
  path: string | null
  /** The repository's own Dockerfile is left aside and the image made as if there were none. */
  ignoreDockerfile: boolean
  /** Directories in the container that a person turned into volumes, beside those that detection finds. */
  volumes: string[]
  telegramId: number
  username: string
  lastRelease: number
  createdAt: number
}

export const BotSchema = new EntitySchema<Bot>({
  name: 'bot',
  tableName: 'bots',
  columns: {
    id: { type: 'integer', primary: true, generated: true },
    name: { type: 'text', unique: true },
    repo: { type: 'text' },
    branch: { type: 'text', nullable: true },
    tokenEnv: { name: 'token_env', type: 'text', nullable: true },
    path: { type: 'text', nullable: true },
    ignoreDockerfile: { name: 'ignore_dockerfile', type: 'boolean', default: false },
    volumes: { type: 'simple-json', default: '[]' },
    telegramId: { name: 'telegram_id', type: 'integer', unique: true },
    username: { type: 'text' },
    lastRelease: { name: 'last_release', type: 'integer', default: 0 },
    createdAt: { name: 'created_at', type: 'integer' },
  },
})

export const allBots = (entities: EntityManager): Promise<Bot[]> => entities.find(BotSchema, { order: { name: 'ASC' } })

export const botById = (entities: EntityManager, id: number): Promise<Bot> =>
  entities.findOneByOrFail(BotSchema, { id })

/** Fails with `unknown_bot`. */
export const botByName = async (entities: EntityManager, name: string): Promise<Bot> => {
  const bot = await entities.findOneBy(BotSchema, { name })
  if (bot) return bot
  const names = (await allBots(entities)).map((other) => other.name)
  const hint = names.length > 0 ? `The bots are: ${names.join(', ')}` : 'Add one with /addbot <name> <repo>'
  throw new TbsError('unknown_bot', `There is no bot named ${name}`, { hint })
}
