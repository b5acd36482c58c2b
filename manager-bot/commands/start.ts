import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { noBots } from '../no-bots.ts'
import { reaches } from '../role.ts'
import { bold, command, line } from '../text/rich-text.ts'

/** For somebody who is known; claiming with the one-time code happens before, in chat/claim.ts. */
export const start = defineCommand({
  name: 'start',
  usage: '[code]',
  summary: 'Say hello',
  example: '',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  door: 'chat',
  args: () => z.strictObject({ code: z.string().optional() }),
  run: async ({ code }, context) => {
    const { engine, verbs, access, wizard } = context
    // The link that a group is given.
    if (code === 'addbot' && wizard && reaches(access.roleFor(), 'owner')) return wizard.begin({})
    const bots = (await verbs.botNames(engine)).filter((name) => access.roleFor(name) !== undefined)
    const next =
      bots.length === 0
        ? noBots(context)
        : line(`You have ${bots.length === 1 ? 'one bot' : `${bots.length} bots`}: `, command('bots'))
    return {
      text: [line(bold('I deploy and look after your Telegram bots.')), next, line('All commands: ', command('help'))],
    }
  },
})
