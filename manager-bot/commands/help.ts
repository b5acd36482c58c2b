import { z } from 'zod'
import { type Command, defineCommand, type Reply } from '../command.ts'
import { closest } from '../text/closest.ts'
import { bold, line, command as typed } from '../text/rich-text.ts'

export const help = defineCommand({
  name: 'help',
  usage: '[command]',
  summary: 'Show the commands, or one of them in detail',
  example: 'deploy',
  role: 'owner',
  args: () => z.strictObject({ command: z.string().max(40, 'a command is one word').optional() }),
  run: async ({ command: wanted }, { commands, door, verbs }) => {
    const offered = commands.filter((command) => command.door === undefined || command.door === door)
    if (wanted === undefined) return overview(offered)
    const name = wanted.replace(/^\//, '')
    const command = offered.find((other) => other.name === name)
    if (command) return inDetail(command)
    const guess = closest(
      name,
      offered.map((other) => other.name),
    )
    const hint = guess ? `Did you mean /help ${guess}?` : 'See /help'
    throw new verbs.TbsError('unknown_command', 'There is no such command', { hint })
  },
})

const overview = (commands: readonly Command[]): Reply => ({
  text: [
    line(bold('Commands')),
    ...commands.map(({ name, usage, summary }) => line(typed(`${name} ${usage}`.trim()), ` — ${summary}`)),
  ],
  data: commands.map(({ name, usage, summary }) => ({ name, usage, summary })),
})

const inDetail = ({ name, usage, summary, details, example }: Command): Reply => ({
  text: [
    line(typed(`${name} ${usage}`.trim())),
    line(`${summary}.`),
    ...(details ? [line(details)] : []),
    ...(example ? [line('Example: ', typed(`${name} ${example}`))] : []),
  ],
  data: { name, usage, summary, details, example },
})
