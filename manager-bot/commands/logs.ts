import { z } from 'zod'
import { defineCommand, type Reply } from '../command.ts'
import { secondsOf } from '../text/duration.ts'
import { bold, line, pre } from '../text/rich-text.ts'

const IN_MESSAGE = 30
const MOST = 5000

export const logs = defineCommand({
  name: 'logs',
  usage: '<bot> [lines] [--since <time>] [--grep <text>]',
  summary: 'What a bot printed last',
  details: `${IN_MESSAGE} lines unless told otherwise; more come as a file. --since takes 90s, 15m, 1h or 2d.`,
  example: 'echo-bot 100 --since 1h --grep error',
  role: 'viewer',
  args: ({ BotName }) =>
    z.strictObject({
      bot: BotName,
      lines: z
        .string()
        .regex(/^[1-9]\d{0,3}$/, `a number from 1 to ${MOST}`)
        .transform(Number)
        .refine((count) => count <= MOST, `a number from 1 to ${MOST}`)
        .default(IN_MESSAGE),
      since: z
        .string()
        .refine((text) => secondsOf(text) !== undefined, 'a time such as 90s, 15m, 1h or 2d')
        .transform((text) => secondsOf(text) ?? 0)
        .optional(),
      grep: z.string().min(1, 'what to look for').max(200, 'at most 200 characters').optional(),
    }),
  run: async ({ bot, lines, since, grep }, { engine, verbs }) => {
    const log = await verbs.botLogs(engine, bot, {
      lines,
      ...(since !== undefined && { sinceSeconds: since }),
      ...(grep !== undefined && { grep }),
    })
    return logReply(bot, log.trimEnd(), since !== undefined || grep !== undefined)
  },
})

const logReply = (bot: string, log: string, filtered: boolean): Reply => {
  const lines = log === '' ? [] : log.split('\n')
  const data = { bot, lines }
  if (lines.length === 0) {
    return { text: [line(filtered ? `${bot} printed nothing that matches.` : `${bot} has printed nothing.`)], data }
  }
  if (lines.length > IN_MESSAGE) {
    const text = [line(bold(bot), `: the last ${lines.length} lines are in the file`)]
    return { text, document: { name: `${bot}.log`, content: `${log}\n` }, data }
  }
  return {
    text: [line(bold(bot), `: the last ${lines.length === 1 ? 'line' : `${lines.length} lines`}`), pre(log)],
    data,
  }
}
