import type { Wanted } from './audit.ts'
import { type Command, type CommandContext, type Input, parametersOf, type Reply } from './command.ts'

/**
 * Carries a command out between two entries: before it acts, and with what came of it. What touches nothing but the
 * database has one, in the same transaction. A failure is written down by the door, by `auditFailure`.
 */
export const audited = async (
  command: Command,
  input: Input,
  context: CommandContext,
  work: () => Promise<Reply>,
): Promise<Reply> => {
  if (isReading(command, input)) return work()
  const wanted = wantedBy(command, input)
  if (!command.onlyDatabase || context.token) await context.audit.begin(wanted)
  const reply = await work()
  const { incomplete, operation } = reply
  const result = incomplete ? 'nothing' : 'done'
  if (!incomplete || !command.onlyDatabase) {
    await context.audit.end(wanted, { result, ...(operation !== undefined && { operation }) })
  }
  return reply
}

/** Writes down that it was refused, or failed by a bug. */
export const auditFailure = async (
  command: Command,
  input: Input,
  context: CommandContext,
  error: unknown,
): Promise<void> => {
  if (isReading(command, input)) return
  const refusal = error instanceof context.verbs.TbsError ? error : undefined
  const isUnderstood = refusal?.code !== 'bad_value' && isValid(command, input, context)
  const wanted = wantedBy(command, isUnderstood ? input : botOf(input))
  await context.audit.end(wanted, refusal ? { result: 'refused', code: refusal.code } : { result: 'failed' })
}

const isReading = ({ reads = false }: Command, input: Input): boolean =>
  typeof reads === 'boolean' ? reads : reads(input)

const wantedBy = ({ name, usage, hides = [] }: Command, { bot, ...input }: Input): Wanted => {
  const { positional, options } = parametersOf({ usage })
  const named = [...positional, ...options].map((one) => one.name)
  const words = Object.entries(input)
    .filter(([word]) => named.includes(word))
    .map(([word, value]) => [word, hides.includes(word) ? value.replace(/=.*$/s, '=…') : value])
  return { verb: name, ...(bot !== undefined && { bot }), words: Object.fromEntries(words) }
}

// What stands in the wrong place may be a secret.
const isValid = (command: Command, input: Input, { verbs }: CommandContext): boolean => {
  try {
    command.bind(input, verbs)
    return true
  } catch {
    return false
  }
}

const botOf = ({ bot }: Input): Input => (bot === undefined ? {} : { bot })
