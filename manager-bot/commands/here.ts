import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, command, line } from '../text/rich-text.ts'

export const here = defineCommand({
  name: 'here',
  usage: '[off]',
  summary: 'Take commands and tell alerts in this group or topic',
  details:
    'In a topic it is for that topic alone, in General for the whole group. Who is known may then use their commands ' +
    'there; everybody else is met with silence. /here off ends it.',
  example: 'off',
  role: 'owner',
  onlyDatabase: true,
  door: 'chat',
  args: () => z.strictObject({ off: z.literal('off', 'the only word here is off').optional() }),
  run: async ({ off }, { here: place, verbs }) => {
    if (!place) {
      throw new verbs.TbsError('group_only', '/here is for groups and topics', {
        hint: 'In our private chat I always take your commands',
      })
    }
    if (off !== undefined) {
      const title = await place.unbind()
      return { text: [line('I take no more commands in ', bold(title), ' and tell no alerts there.')] }
    }
    const title = await place.bind()
    return {
      text: [
        line('I take commands in ', bold(title), ' from people I know, and tell alerts here.'),
        line('To end that: ', command('here off')),
      ],
    }
  },
})
