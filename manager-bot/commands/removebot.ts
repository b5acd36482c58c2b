import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { anywayArgs, overLock } from '../lock-question.ts'
import { operate } from '../operate.ts'
import { removeQuestion } from '../remove-question.ts'

export const removebot = defineCommand({
  name: 'removebot',
  usage: '<bot> [data] [--anyway]',
  summary: 'Remove a bot',
  details:
    'Stops it and removes its containers, images, build logs, settings and secrets. Its Docker volumes stay, unless ' +
    'the word “data” is written behind the bot.',
  example: 'echo-bot',
  role: 'owner',
  args: ({ BotName }) =>
    z.strictObject({ bot: BotName, data: z.literal('data').optional(), anyway: z.string().optional() }),
  confirm: async ({ bot, data }, context) => {
    const question = removeQuestion(await context.verbs.removePreview(context.engine, bot), data !== undefined)
    return overLock(context, bot, { question, doing: 'Remove it' })
  },
  run: async ({ bot, data, anyway }, context) => {
    const args = { ...(data !== undefined && { data: true }), ...(await anywayArgs(context, bot, anyway)) }
    return operate(context, { kind: 'remove', bot, args })
  },
})
