import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'

export const restart = defineCommand({
  name: 'restart',
  usage: '<bot>',
  summary: 'Start the running version afresh',
  details:
    'In a new container with today’s settings and secrets. If it does not work, the old container is started again. ' +
    'A stopped bot is started.',
  example: 'echo-bot',
  role: 'admin',
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  run: ({ bot }, context) => operate(context, { kind: 'restart', bot, args: {} }),
})
