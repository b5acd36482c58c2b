import { type EntityManager, EntitySchema, IsNull } from 'typeorm'
import { TbsError } from '../error.ts'

/** Who froze it, as `requestedBy` of operations and by name; when and why. */
export type BotLock = { by: string; name: string; at: number; reason: string }

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
  /** Limits that a person set; null: what the release's own settings say. */
  memoryBytes: number | null
  cpus: number | null
  /** A young release that crashes over and over makes room for the last good one. */
  autoRollback: boolean
  /** While it is there, nothing replaces what runs. */
  lock: BotLock | null
  /** Variables that a person set and that are no secrets, as the next start has them. */
  env: Record<string, string>
  telegramId: number
  username: string
  lastRelease: number
  createdAt: number
  /** Since when a person wants it stopped; null: it is to run, also after a reboot. */
  stoppedAt: number | null
  /** Its row stays for the history of its operations. */
  removedAt: number | null
}

export const BotSchema = new EntitySchema<Bot>({
  name: 'bot',
  tableName: 'bots',
  columns: {
    id: { type: 'integer', primary: true, generated: true },
    name: { type: 'text' },
    repo: { type: 'text' },
    branch: { type: 'text', nullable: true },
    tokenEnv: { name: 'token_env', type: 'text', nullable: true },
    path: { type: 'text', nullable: true },
    ignoreDockerfile: { name: 'ignore_dockerfile', type: 'boolean', default: false },
    volumes: { type: 'simple-json', default: '[]' },
    memoryBytes: { name: 'memory_bytes', type: 'integer', nullable: true },
    cpus: { type: 'real', nullable: true },
    autoRollback: { name: 'auto_rollback', type: 'boolean', default: true },
    lock: { type: 'simple-json', nullable: true },
    env: { type: 'simple-json', default: '{}' },
    telegramId: { name: 'telegram_id', type: 'integer' },
    username: { type: 'text' },
    lastRelease: { name: 'last_release', type: 'integer', default: 0 },
    createdAt: { name: 'created_at', type: 'integer' },
    stoppedAt: { name: 'stopped_at', type: 'integer', nullable: true },
    removedAt: { name: 'removed_at', type: 'integer', nullable: true },
  },
  indices: [
    { name: 'bots_by_name', columns: ['name'], unique: true, where: 'removed_at IS NULL' },
    { name: 'bots_by_account', columns: ['telegramId'], unique: true, where: 'removed_at IS NULL' },
  ],
})

/** Of the bots that there are: removed ones are history. */
export const REGISTERED = { removedAt: IsNull() }

export const allBots = (entities: EntityManager): Promise<Bot[]> =>
  entities.find(BotSchema, { where: REGISTERED, order: { name: 'ASC' } })

/** Also a removed one. */
export const botById = (entities: EntityManager, id: number): Promise<Bot> =>
  entities.findOneByOrFail(BotSchema, { id })

/** undefined: there is none, or it was removed. */
export const registeredBot = async (entities: EntityManager, name: string): Promise<Bot | undefined> =>
  (await entities.findOneBy(BotSchema, { name, ...REGISTERED })) ?? undefined

/** Fails with `unknown_bot`. */
export const botByName = async (entities: EntityManager, name: string): Promise<Bot> => {
  const bot = await registeredBot(entities, name)
  if (bot) return bot
  const names = (await allBots(entities)).map((other) => other.name)
  const hint = names.length > 0 ? `The bots are: ${names.join(', ')}` : 'Add one with /addbot'
  throw new TbsError('unknown_bot', `There is no bot named ${name}`, { hint })
}
