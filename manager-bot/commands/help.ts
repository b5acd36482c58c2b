import { z } from 'zod'
import { type Command, type CommandContext, defineCommand, type Reply } from '../command.ts'
import { ROLES, type Role, reaches } from '../role.ts'
import { closest } from '../text/closest.ts'
import { bold, type Line, line, command as typed } from '../text/rich-text.ts'

export const help = defineCommand({
  name: 'help',
  usage: '[command]',
  summary: 'Show your commands, or one of them in detail',
  example: 'deploy',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  args: () => z.strictObject({ command: z.string().max(40, 'a command is one word').optional() }),
  run: async ({ command: wanted }, { access, commands, door, verbs }) => {
    const offered = commands.filter((command) => command.door === undefined || command.door === door)
    if (wanted === undefined) return overview(offered, { access, door })
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

type Asking = Pick<CommandContext, 'access' | 'door'>

const overview = (commands: readonly Command[], { access, door }: Asking): Reply => {
  const own = commands.filter(({ role }) => reaches(access.best, role))
  return {
    text: [
      ...ROLES.toReversed()
        .map((role) => own.filter((command) => command.role === role))
        .flatMap((group) => (group[0] ? [line(bold(HEADINGS[group[0].role])), ...group.map(LINES[door]), line()] : [])),
      line('More about one of them: ', typed('help logs')),
    ],
    data: own.map(({ name, usage, summary, role }) => ({ name, usage, summary, role })),
  }
}

const HEADINGS: Record<Role, string> = { viewer: 'Commands', admin: 'For admins', owner: 'For owners' }

// In the chat a name alone is a link, and whatever is missing then is asked for.
const LINES: Record<CommandContext['door'], (command: Command) => Line> = {
  chat: ({ name, summary }) => line(typed(name), ` — ${summary}`),
  terminal: ({ name, usage, summary }) => line(typed(`${name} ${usage}`.trim()), ` — ${summary}`),
}

const inDetail = ({ name, usage, summary, details, example, role }: Command): Reply => ({
  text: [
    line(typed(`${name} ${usage}`.trim())),
    line(`${summary}.`),
    ...(details ? [line(details)] : []),
    ...(example ? [line('Example: ', typed(`${name} ${example}`))] : []),
    line(WHO[role]),
  ],
  data: { name, usage, summary, details, example, role },
})

const WHO: Record<Role, string> = {
  viewer: 'For everybody whom I know.',
  admin: 'For admins and owners.',
  owner: 'For owners.',
}
