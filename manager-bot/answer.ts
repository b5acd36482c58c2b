import type { Command, CommandContext, Input, Reply } from './command.ts'
import { missingFrom } from './command.ts'
import { bold, line, command as typed } from './text/rich-text.ts'

/**
 * Carries a command out, or says what it lacks. `ask` in the result: the door has to get a token, then call again with
 * it in the context. Fails with TbsError for whatever a person can put right.
 */
export const answer = async (
  command: Command,
  input: Input,
  context: CommandContext,
): Promise<Reply & { asks?: 'token' }> => {
  if (missingFrom(command, input) === 'bot') return whichBot(command, context)
  const bound = command.bind(input, context.verbs)
  if (bound.ask && !context.token) return { text: await bound.ask(context), asks: 'token' }
  return bound.run(context)
}

const whichBot = async (command: Command, { engine, verbs }: CommandContext): Promise<Reply> => {
  const names = await verbs.botNames(engine)
  if (names.length === 0) {
    const text = [line('There are no bots yet. Add one: ', typed('addbot <name> <repo>'))]
    return { text, incomplete: true, data: { bots: [] } }
  }
  const choices = names.map((name) => line(typed(`${command.name} ${name}`)))
  return { text: [line(bold('Which bot?')), ...choices], incomplete: true, data: { bots: names } }
}
