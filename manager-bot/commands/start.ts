import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, command, line } from '../text/rich-text.ts'

/** For somebody who is known; claiming with the one-time code happens before, in chat/claim.ts. */
export const start = defineCommand({
  name: 'start',
  usage: '[code]',
  summary: 'Say hello',
  example: '',
  role: 'owner',
  door: 'chat',
  args: () => z.strictObject({ code: z.string().optional() }),
  run: async (_args, { engine, verbs }) => {
    const bots = await verbs.botStatuses(engine)
    const next =
      bots.length === 0
        ? line('Add your first bot: ', command('addbot <name> <repo>'))
        : line(`You have ${bots.length === 1 ? 'one bot' : `${bots.length} bots`}: `, command('bots'))
    return {
      text: [line(bold('I deploy and look after your Telegram bots.')), next, line('All commands: ', command('help'))],
    }
  },
})
