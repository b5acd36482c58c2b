import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { anywayArgs, overLock } from '../lock-question.ts'
import { operate } from '../operate.ts'

export const deploy = defineCommand({
  name: 'deploy',
  usage: '<bot> [ref] [--anyway]',
  summary: 'Build a bot from git and switch to it',
  details:
    'ref is a branch, tag or commit; without it the branch that the bot was added with. The running version stays ' +
    'until the new one is built, and comes back if the new one does not work. --anyway: also ' +
    'while it is locked, for owners.',
  example: 'echo-bot main',
  role: 'admin',
  args: ({ BotName, RefName }) =>
    z.strictObject({ bot: BotName, ref: RefName.optional(), anyway: z.string().optional() }),
  confirm: ({ bot, ref }, context) =>
    overLock(context, bot, { doing: 'Deploy', input: ref === undefined ? {} : { ref } }),
  run: async ({ bot, ref, anyway }, context) => {
    const args = { ...(ref !== undefined && { ref }), ...(await anywayArgs(context, bot, anyway)) }
    return operate(context, { kind: 'deploy', bot, args })
  },
})
