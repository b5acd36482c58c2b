import { z } from 'zod'
import { type CommandContext, defineCommand, Flag, GIVEN, type Question } from '../command.ts'
import { bold, line } from '../text/rich-text.ts'

export const upgrade = defineCommand({
  name: 'upgrade',
  usage: '[version] [--rollback]',
  summary: 'Replace the manager itself by another version',
  details:
    'Without a version, by the newest. Its image is built on this server; then the new one takes over within ' +
    'seconds, and bots go on meanwhile. If it is not seen working within a minute, this one comes back with its ' +
    'data as it was. With --rollback the version before comes back.',
  example: '',
  role: 'owner',
  door: 'chat',
  args: () => z.strictObject({ version: Version.optional(), rollback: Flag }),
  confirm: (args, context) => question(args, context),
  run: async ({ version, rollback }, context) => {
    const upgrades = upgradesOf(context)
    return rollback ? upgrades.back() : upgrades.begin((await upgrades.find(version)).version)
  },
})

const Version = z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'takes a version such as 1.4.0')

type Args = { version?: string | undefined; rollback: boolean }

const question = async ({ version, rollback }: Args, context: CommandContext): Promise<Question> => {
  const upgrades = upgradesOf(context)
  const answers = { yes: rollback ? 'Go back' : 'Upgrade', no: 'Leave it' }
  if (rollback) {
    const { version: before } = await upgrades.before()
    const text = [
      line(bold(`Replace the manager by ${before}, the version before?`), ` This one is ${upgrades.own}.`),
      ...MEANWHILE,
    ]
    return { text, ...answers, input: { rollback: GIVEN } }
  }
  const found = await upgrades.find(version)
  const text = [
    line(bold(`Replace the manager by ${found.version}?`), ` This one is ${upgrades.own}.`),
    line('Its image is built here first, which takes a few minutes.'),
    ...MEANWHILE,
  ]
  return { text, ...answers, input: { version: found.version } }
}

const MEANWHILE = [
  line('No manager listens for some seconds then; your bots go on, and what you send meanwhile is done afterwards.'),
  line('If the new one is not seen working within a minute, this one comes back with its data as it was.'),
]

const upgradesOf = ({ upgrades, verbs }: CommandContext): NonNullable<CommandContext['upgrades']> => {
  if (upgrades) return upgrades
  throw new verbs.TbsError('only_in_chat', 'The manager is asked for this in its chat', {
    hint: 'From a terminal: npx tbs-manager@latest upgrade user@host',
  })
}
