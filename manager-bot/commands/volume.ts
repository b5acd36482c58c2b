import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { anywayArgs, overLock } from '../lock-question.ts'
import { operate } from '../operate.ts'

export const volume = defineCommand({
  name: 'volume',
  usage: '<bot> <path> [--anyway]',
  summary: 'Keep a directory of a bot in a volume',
  details:
    'For data that would be lost with the container: the directory becomes a volume with what is in it now, and ' +
    'stays one for every later version. The bot is restarted for that; if it does not work, everything is as before.',
  example: 'echo-bot /app/data',
  role: 'admin',
  args: ({ BotName, VolumePath }) => z.strictObject({ bot: BotName, path: VolumePath, anyway: z.string().optional() }),
  confirm: ({ bot, path }, context) => overLock(context, bot, { doing: 'Do it', input: { path } }),
  run: async ({ bot, path, anyway }, context) => {
    const args = { volume: path, ...(await anywayArgs(context, bot, anyway)) }
    return operate(context, { kind: 'restart', bot, args })
  },
})
