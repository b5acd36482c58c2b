import { z } from 'zod'
import { defineCommand, Flag } from '../command.ts'
import { anywayArgs, overLock } from '../lock-question.ts'
import { operate } from '../operate.ts'
import { removeQuestion } from '../remove-question.ts'

export const removebot = defineCommand({
  name: 'removebot',
  usage: '<bot> [data] [--nobackup] [--anyway]',
  summary: 'Remove a bot',
  details:
    'Stops it, backs it up once more and removes its containers, images, build logs, settings and secrets. Its ' +
    'backups stay, and its Docker volumes, unless the word “data” is written behind the bot. --nobackup leaves the ' +
    'last backup out.',
  example: 'echo-bot',
  role: 'owner',
  args: ({ BotName }) =>
    z.strictObject({
      bot: BotName,
      data: z.literal('data').optional(),
      nobackup: Flag,
      anyway: z.string().optional(),
    }),
  confirm: async ({ bot, data, nobackup }, context) => {
    const preview = await context.verbs.removePreview(context.engine, bot)
    const question = removeQuestion(preview, { data: data !== undefined, noBackup: nobackup })
    return overLock(context, bot, { question, doing: 'Remove it' })
  },
  run: async ({ bot, data, nobackup, anyway }, context) => {
    const args = {
      ...(data !== undefined && { data: true as const }),
      ...(nobackup && { noBackup: true as const }),
      ...(await anywayArgs(context, bot, anyway)),
    }
    return operate(context, { kind: 'remove', bot, args })
  },
})
