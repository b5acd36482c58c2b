import type { Command, CommandContext, Input, Offer, Reply } from './command.ts'
import { noBots } from './no-bots.ts'
import { paged } from './paged.ts'
import { reaches } from './role.ts'
import { bold, line, command as typed } from './text/rich-text.ts'

/** The bots to choose from, for a command without one: in the chat as buttons, page by page. */
export const whichBot = async (command: Command, input: Input, context: CommandContext): Promise<Reply> => {
  const { engine, verbs, access, door } = context
  const names = (await verbs.botNames(engine)).filter((name) => reaches(access.roleFor(name), command.role))
  const data = { bots: names }
  if (names.length === 0) return { text: [noBots(context)], incomplete: true, data }
  const question = line(bold('Which bot?'))
  if (door === 'terminal') {
    const choices = names.map((name) => line(typed(`${command.name} ${name}`)))
    return { text: [question, ...choices], incomplete: true, data }
  }
  const { page, ...rest } = input
  const choices = names.map((bot): Offer => ({ ...to(command, { ...rest, bot }), label: bot }))
  const turn = (number: number, label: string): Offer => ({ ...to(command, { ...rest, page: String(number) }), label })
  const { rows } = paged(choices, { page, turn })
  return { text: [line(bold('Which bot?'), ` /${command.name}`)], offers: rows, incomplete: true, data }
}

const to = ({ name }: Command, input: Input) => ({ command: name, input, fate: 'replaced' as const })
