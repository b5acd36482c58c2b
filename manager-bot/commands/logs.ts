import { z } from 'zod'
import type { LogPart } from '../../deploy-engine/index.ts'
import { defineCommand, type Reply } from '../command.ts'
import { lineCount, logText } from '../log-text.ts'
import { secondsOf } from '../text/duration.ts'
import { bold, line, pre } from '../text/rich-text.ts'

const IN_MESSAGE = 30
const MOST = 5000

export const logs = defineCommand({
  name: 'logs',
  usage: '<bot> [lines] [--since <time>] [--grep <text>]',
  summary: 'What a bot printed last',
  details:
    `${IN_MESSAGE} lines unless told otherwise; more come as a file. --since takes 90s, 15m, 1h or 2d. ` +
    'What the last versions printed is kept, also when their containers are gone.',
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
    const parts = await verbs.botLogs(engine, bot, {
      lines,
      ...(since !== undefined && { sinceSeconds: since }),
      ...(grep !== undefined && { grep }),
    })
    return logReply({ bot, parts, now: engine.clock.now(), filtered: since !== undefined || grep !== undefined })
  },
})

type Found = { bot: string; parts: readonly LogPart[]; now: number; filtered: boolean }

const logReply = ({ bot, parts, now, filtered }: Found): Reply => {
  const count = lineCount(parts)
  const data = logData(bot, parts)
  if (count === 0) {
    return { text: [line(filtered ? `${bot} printed nothing that matches.` : `${bot} has printed nothing.`)], data }
  }
  const log = logText(parts, now)
  if (count > IN_MESSAGE) {
    const text = [line(bold(bot), `: the last ${count} lines are in the file`)]
    return { text, document: { name: `${bot}.log`, content: `${log}\n` }, data }
  }
  return { text: [line(bold(bot), `: the last ${count === 1 ? 'line' : `${count} lines`}`), pre(log)], data }
}

const logData = (bot: string, parts: readonly LogPart[]) => ({
  bot,
  lines: parts.flatMap(({ lines }) => lines.map(({ text }) => text)),
  releases: parts.map(({ release, lines }) => ({ release, lines: lines.length })),
})
