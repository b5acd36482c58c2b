import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'

export const deploy = defineCommand({
  name: 'deploy',
  usage: '<bot> [ref]',
  summary: 'Build a bot from git and switch to it',
  details:
    'ref is a branch, tag or commit; without it the branch that the bot was added with. The running version stays ' +
    'until the new one is built, and comes back if the new one does not work.',
  example: 'echo-bot main',
  role: 'admin',
  args: ({ BotName, RefName }) => z.strictObject({ bot: BotName, ref: RefName.optional() }),
  run: ({ bot, ref }, context) => operate(context, { kind: 'deploy', bot, args: ref === undefined ? {} : { ref } }),
})
