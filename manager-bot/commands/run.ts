import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'

export const run = defineCommand({
  name: 'run',
  usage: '<bot>',
  summary: 'Start a stopped bot',
  details: 'The version that ran last comes up in a new container, with today’s settings and secrets.',
  example: 'echo-bot',
  role: 'admin',
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  run: ({ bot }, context) => operate(context, { kind: 'run', bot, args: {} }),
})
