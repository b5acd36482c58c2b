import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'
import { removeQuestion } from '../remove-question.ts'

export const removebot = defineCommand({
  name: 'removebot',
  usage: '<bot> [data]',
  summary: 'Remove a bot',
  details:
    'Stops it and removes its containers, images, build logs, settings and secrets. Its Docker volumes stay, unless ' +
    'the word “data” is written behind the bot.',
  example: 'echo-bot',
  role: 'owner',
  args: ({ BotName }) => z.strictObject({ bot: BotName, data: z.literal('data').optional() }),
  confirm: async ({ bot, data }, { engine, verbs }) =>
    removeQuestion(await verbs.removePreview(engine, bot), data !== undefined),
  run: ({ bot, data }, context) =>
    operate(context, { kind: 'remove', bot, args: data === undefined ? {} : { data: true } }),
})
