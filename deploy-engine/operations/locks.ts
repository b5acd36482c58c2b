import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { type Bot, type BotLock, BotSchema, botByName } from '../records/bot.ts'
import { type Operation, unfinishedOperations } from '../records/operation.ts'

export type NewLock = { bot: string; by: string; name: string; reason: string }

/** `operations`: what is under way and would not be begun any more. */
export type Locked = { bot: Bot; lock: BotLock; operations: Operation[] }

/** From now on nothing replaces what runs of this bot; in the place of an earlier lock. Fails with `unknown_bot`. */
export const lockBot = async ({ database, clock }: Engine, { bot: name, ...given }: NewLock): Promise<Locked> =>
  database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    const lock = { ...given, at: clock.now() }
    await entities.update(BotSchema, { id: bot.id }, { lock })
    const operations = (await unfinishedOperations(entities, bot.id)).filter((one) => isFrozen(lock, one))
    return { bot, lock, operations }
  })

/** Fails with `unknown_bot` or `not_locked`. */
export const unlockBot = async ({ database }: Engine, name: string): Promise<Bot> =>
  database.transaction(async (entities) => {
    const bot = await botByName(entities, name)
    if (!bot.lock)
      throw new TbsError('not_locked', `${name} is not locked`, { hint: `Lock it: /lock ${name} <reason>` })
    await entities.update(BotSchema, { id: bot.id }, { lock: null })
    return bot
  })

/** null: it is not locked. Fails with `unknown_bot`. */
export const lockOf = async ({ database }: Engine, name: string): Promise<BotLock | null> =>
  (await botByName(database.read, name)).lock

type Asked = Pick<Operation, 'kind' | 'args'>

/** Fails with `bot_locked`. Asked when it is wanted, and again when it begins. */
export const refuseLocked = (engine: Engine, bot: Bot, asked: Asked): void => {
  if (bot.lock && isFrozen(bot.lock, asked)) throw botLocked(engine, bot.name, bot.lock)
}

export const botLocked = (engine: Engine, bot: string, lock: BotLock): TbsError =>
  new TbsError('bot_locked', `${bot} is ${lockText(engine, lock)}`, {
    hint: `Ask ${lock.name} or an owner to /unlock ${bot}; an owner may also do it anyway`,
  })

/** "locked by Anna since 14:02: release freeze". */
export const lockText = ({ settings: { timezone }, clock }: Engine, { name, at, reason }: BotLock): string => {
  const date = (ms: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: timezone, day: 'numeric', month: 'short' }).format(ms)
  const hour = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, timeStyle: 'short' }).format(at)
  const since = date(at) === date(clock.now()) ? hour : `${date(at)}, ${hour}`
  return `locked by ${name} since ${since}: ${reason}`
}

// What runs may be stopped and started again; and what the manager puts back is not to be kept from working.
const isFrozen = (lock: BotLock, { kind, args }: Asked): boolean => {
  if (args.cause !== undefined || args.anyway === lock.at) return false
  return FROZEN.has(kind) || args.volume !== undefined
}

const FROZEN: ReadonlySet<Operation['kind']> = new Set(['deploy', 'rollback', 'restore', 'remove'])
