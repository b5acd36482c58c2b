import { z } from 'zod'
import { type CommandContext, defineCommand, Flag } from '../command.ts'
import { queue } from '../operate.ts'
import { restoreQuestion, undoQuestion } from '../restore-question.ts'

const WHICH = 'the number of a backup, as /backups shows it, or the word undo'

const Which = z
  .string(WHICH)
  .regex(/^(undo|\d{1,9})$/, WHICH)
  .transform((word) => (word === 'undo' ? word : Number(word)))

type Wanted = { bot: string; backup?: number | 'undo' | undefined; nobackup: boolean }

export const restore = defineCommand({
  name: 'restore',
  usage: '<bot> [backup] [--nobackup]',
  summary: 'Put a bot back to what a backup holds',
  details:
    'Without a number: the newest backup of that bot, also of one that was removed. The file is checked as a whole ' +
    'first; its data goes into new volumes, and the version of that time is started on them. If that does not work, ' +
    'what runs now runs on, with its data. Otherwise that data is kept for 24 hours: the word “undo” brings it back. ' +
    'What there is now is backed up before, unless --nobackup is given.',
  example: 'echo-bot',
  role: 'owner',
  args: ({ BotName }) => z.strictObject({ bot: BotName, backup: Which.optional(), nobackup: Flag }),
  confirm: async ({ bot, backup, nobackup }, { engine, verbs }) => {
    if (backup === 'undo') return undoQuestion(bot)
    const preview = await verbs.restorePreview(engine, { bot, ...(backup !== undefined && { backup }) })
    return restoreQuestion(bot, preview, nobackup)
  },
  run: (wanted, context) => queue(context, () => request(wanted, context)),
})

const request = async (
  { bot, backup, nobackup }: Wanted,
  { engine, verbs, requestedBy, requestKey }: CommandContext,
): Promise<{ operation: { id: number } }> => {
  const asked = { bot, requestedBy, ...(requestKey !== undefined && { requestKey }) }
  if (backup === 'undo') return verbs.requestRestoreUndo(engine, asked)
  return verbs.requestRestore(engine, {
    ...asked,
    ...(backup !== undefined && { backup }),
    ...(nobackup && { noBackup: true as const }),
  })
}
