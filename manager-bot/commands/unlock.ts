import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { reaches } from '../role.ts'
import { bold, line } from '../text/rich-text.ts'

export const unlock = defineCommand({
  name: 'unlock',
  usage: '<bot>',
  summary: 'Let a locked bot be deployed again',
  details: 'For whoever locked it, and for owners.',
  example: 'echo-bot',
  role: 'admin',
  onlyDatabase: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  run: async ({ bot }, { engine, verbs, access, requestedBy }) => {
    const lock = await verbs.lockOf(engine, bot)
    if (lock && lock.by !== requestedBy && !reaches(access.roleFor(bot), 'owner')) {
      throw new verbs.TbsError('not_allowed', `${bot} is ${verbs.lockText(engine, lock)}`, {
        hint: `Only ${lock.name} and owners may unlock it`,
      })
    }
    await verbs.unlockBot(engine, bot)
    return { text: [line(bold(bot), ' can be deployed again.')], data: { bot } }
  },
})
