import { z } from 'zod'
import { defineCommand, Flag, GIVEN } from '../command.ts'
import { anywayArgs, overLock } from '../lock-question.ts'
import { operate } from '../operate.ts'

export const deploy = defineCommand({
  name: 'deploy',
  usage: '<bot> [ref] [--nobackup] [--anyway]',
  summary: 'Build a bot from git and switch to it',
  details:
    'ref is a branch, tag or commit; without it the branch that the bot was added with. The running version stays ' +
    'until the new one is built, and comes back if the new one does not work. Data in volumes is backed up first, ' +
    'unless you write --nobackup. --anyway: also while it is locked, for owners.',
  example: 'echo-bot main',
  role: 'admin',
  args: ({ BotName, RefName }) =>
    z.strictObject({ bot: BotName, ref: RefName.optional(), nobackup: Flag, anyway: z.string().optional() }),
  confirm: ({ bot, ref, nobackup }, context) => {
    const input = { ...(ref !== undefined && { ref }), ...(nobackup && { nobackup: GIVEN }) }
    return overLock(context, bot, { doing: 'Deploy', input })
  },
  run: async ({ bot, ref, nobackup, anyway }, context) => {
    const args = {
      ...(ref !== undefined && { ref }),
      ...(nobackup && { noBackup: true as const }),
      ...(await anywayArgs(context, bot, anyway)),
    }
    return operate(context, { kind: 'deploy', bot, args })
  },
})
