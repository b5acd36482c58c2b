import { z } from 'zod'
import { type Command, defineCommand, type Reply } from '../command.ts'
import { type Access, ROLES, type Role, reaches } from '../role.ts'
import { closest } from '../text/closest.ts'
import { bold, line, command as typed } from '../text/rich-text.ts'

export const help = defineCommand({
  name: 'help',
  usage: '[command]',
  summary: 'Show your commands, or one of them in detail',
  example: 'deploy',
  role: 'viewer',
  acrossBots: true,
  args: () => z.strictObject({ command: z.string().max(40, 'a command is one word').optional() }),
  run: async ({ command: wanted }, { access, commands, door, verbs }) => {
    const offered = commands.filter((command) => command.door === undefined || command.door === door)
    if (wanted === undefined) return overview(offered, access)
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

const overview = (commands: readonly Command[], { best }: Access): Reply => {
  const own = commands.filter(({ role }) => reaches(best, role))
  return {
    text: ROLES.toReversed()
      .map((role) => own.filter((command) => command.role === role))
      .flatMap((group) => (group[0] ? [line(bold(HEADINGS[group[0].role])), ...group.map(commandLine)] : [])),
    data: own.map(({ name, usage, summary, role }) => ({ name, usage, summary, role })),
  }
}

const HEADINGS: Record<Role, string> = { viewer: 'Commands', admin: 'For admins', owner: 'For owners' }

const commandLine = ({ name, usage, summary }: Command) => line(typed(`${name} ${usage}`.trim()), ` — ${summary}`)

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
