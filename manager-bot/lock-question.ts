import type { BotLock } from '../deploy-engine/index.ts'
import { type CommandContext, GIVEN, type Input, type Question } from './command.ts'
import { reaches } from './role.ts'
import { bold, line } from './text/rich-text.ts'

/**
 * Asks an owner whether a lock is to be overridden: within the question that is asked anyway, or in one of its own.
 * undefined: there is nothing to ask. Fails with `bot_locked` for everybody else.
 */
export const overLock = async (
  context: CommandContext,
  bot: string,
  { question, doing, input }: { question?: Question | undefined; doing: string; input?: Input },
): Promise<Question | undefined> => {
  const { engine, verbs } = context
  const lock = await verbs.lockOf(engine, bot)
  if (!lock) return question
  if (!isOwner(context, bot)) throw verbs.botLocked(engine, bot, lock)
  const warning = line(bold(`${bot} is ${verbs.lockText(engine, lock)}`))
  const anyway = { anyway: String(lock.at) }
  if (question) return { ...question, text: [warning, ...question.text], input: { ...question.input, ...anyway } }
  const own = { yes: `${doing} anyway`, no: 'Leave it', input: { ...input, bot, ...anyway } }
  return { text: [warning, line('Whoever locked it did not want this.')], ...own }
}

/** What of it an operation is given. `anyway` is the lock that was shown, or in a terminal the one that is there. */
export const anywayArgs = async (
  context: CommandContext,
  bot: string,
  anyway: string | undefined,
): Promise<{ anyway?: number }> => {
  if (anyway === undefined || !isOwner(context, bot)) return {}
  if (anyway !== GIVEN) return { anyway: Number(anyway) }
  const lock: BotLock | null = await context.verbs.lockOf(context.engine, bot)
  return lock && context.door === 'terminal' ? { anyway: lock.at } : {}
}

const isOwner = ({ access }: CommandContext, bot: string): boolean => reaches(access.roleFor(bot), 'owner')
