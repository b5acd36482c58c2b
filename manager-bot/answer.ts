import { checkAccess } from './access.ts'
import { audited } from './audited.ts'
import type { Command, CommandContext, Input, Reply } from './command.ts'
import { missingFrom } from './command.ts'
import { asked } from './confirmation.ts'
import { whichBot } from './which-bot.ts'

/**
 * Carries a command out, or says what it lacks. `ask` in the result: the door has to get a token, then call again with
 * it in the context. Fails with TbsError for whatever a person can put right, first of all with `not_allowed`.
 */
export const answer = async (
  command: Command,
  input: Input,
  context: CommandContext,
): Promise<Reply & { asks?: 'token' }> => {
  await checkAccess(command, input, context)
  if (missingFrom(command, input) === 'bot') return whichBot(command, input, context)
  const bound = command.bind(input, context.verbs)
  const asking = context.token ? undefined : await bound.ask?.(context)
  if (asking) return { text: asking, asks: 'token' }
  // What is typed in a terminal is typed out, and nothing there is pressed by mistake.
  const mayAsk = context.door === 'chat' && !context.confirmed
  const question = mayAsk ? await bound.confirm?.(context) : undefined
  if (question) return asked(command, question)
  return audited(command, input, context, () => bound.run(context))
}
