import { z } from 'zod'
import { type CommandContext, defineCommand, type Reply } from '../command.ts'
import { operate } from '../operate.ts'
import { bold, code, line } from '../text/rich-text.ts'
import { fileSize } from '../text/size.ts'

export const backup = defineCommand({
  name: 'backup',
  usage: '<bot>',
  summary: 'Back up a bot: its data, settings and secrets',
  details:
    'The bot is frozen for the moment in which its volumes are copied, then goes on; Telegram keeps its updates. The ' +
    'file is encrypted: this server opens it, and your recovery key anywhere. The bot may be host, for what the ' +
    'manager itself knows; that is done every night as well.',
  example: 'echo-bot',
  role: 'admin',
  args: ({ BotName, THE_HOST }) =>
    z.strictObject({ bot: z.union([BotName, z.literal(THE_HOST)], 'the name of a bot, or host') }),
  run: async ({ bot }, context) =>
    bot === context.verbs.THE_HOST ? ofManager(context) : operate(context, { kind: 'backup', bot, args: {} }),
})

const ofManager = async ({ engine, verbs }: CommandContext): Promise<Reply> => {
  const { id, file, bytes } = await verbs.backUpState(engine, 'asked', new AbortController().signal)
  return {
    text: [
      line(bold(`Backup ${id}`), ` of the manager itself, ${fileSize(bytes)}, encrypted: `, code(file)),
      line('It holds its database and its keys; the data of bots is in backups of their own.'),
    ],
    data: { id, file, bytes },
  }
}
