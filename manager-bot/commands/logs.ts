import { z } from 'zod'
import type { LogPart } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, GIVEN, type Offer, type Reply } from '../command.ts'
import { lineCount, logText } from '../log-text.ts'
import { secondsOf } from '../text/duration.ts'
import { bold, line, pre } from '../text/rich-text.ts'

const IN_MESSAGE = 30
const MOST = 5000

export const logs = defineCommand({
  name: 'logs',
  usage: '<bot> [lines] [--since <time>] [--grep <text>] [--follow]',
  summary: 'What a bot printed last',
  details:
    `${IN_MESSAGE} lines unless told otherwise; more come as a file. --since takes 90s, 15m, 1h or 2d. --follow ` +
    'shows further lines as they come. What the last versions printed is kept, also when their containers are gone.',
  example: 'echo-bot 100 --since 1h --grep error',
  role: 'viewer',
  reads: true,
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
      follow: z.enum([GIVEN, END]).optional(),
    }),
  run: async ({ bot, lines, since, grep, follow }, context) => {
    const { engine, verbs, endLive } = context
    const asked = {
      lines,
      ...(since !== undefined && { sinceSeconds: since }),
      ...(grep !== undefined && { grep }),
    }
    if (follow === END) return endLive?.() ? { text: [] } : { text: [line('That has ended already.')] }
    if (follow === GIVEN) return liveReply(context, bot, asked)
    const parts = await verbs.botLogs(engine, bot, asked)
    return logReply(context, { bot, parts, filtered: since !== undefined || grep !== undefined })
  },
})

/** What the button of a live message asks for. */
const END = 'end'

type Asked = { lines: number; sinceSeconds?: number; grep?: string }

const liveReply = async ({ engine, verbs }: CommandContext, bot: string, asked: Asked): Promise<Reply> => {
  const follow = await verbs.followLogs(engine, bot, asked)
  const stop = { label: 'Stop', command: 'logs', input: { bot, follow: END } }
  return { text: [], live: { bot, stop, follow: (onLines, signal) => follow(namingReleases(onLines), signal) } }
}

/** When another version goes on, a line of its own says so. */
const namingReleases = (onLines: (lines: readonly string[]) => void) => {
  let shown: number | undefined
  return ({ release, lines }: LogPart): void => {
    const heading = shown === undefined || shown === release ? [] : [`— v${release} —`]
    shown = release
    onLines([...heading, ...lines.map(({ text }) => text)])
  }
}

type Found = { bot: string; parts: readonly LogPart[]; filtered: boolean }

const logReply = ({ engine, door }: CommandContext, { bot, parts, filtered }: Found): Reply => {
  const count = lineCount(parts)
  const more = { data: logData(bot, parts), ...(door === 'chat' && { offers: [followOffer(bot)] }) }
  if (count === 0) {
    return { text: [line(filtered ? `${bot} printed nothing that matches.` : `${bot} has printed nothing.`)], ...more }
  }
  const log = logText(parts, engine.clock.now())
  if (count > IN_MESSAGE) {
    const text = [line(bold(bot), `: the last ${count} lines are in the file`)]
    return { text, document: { name: `${bot}.log`, content: `${log}\n` }, ...more }
  }
  return { text: [line(bold(bot), `: the last ${count === 1 ? 'line' : `${count} lines`}`), pre(log)], ...more }
}

const followOffer = (bot: string): Offer => ({
  label: 'Follow',
  command: 'logs',
  input: { bot, follow: GIVEN },
  fate: 'stays',
})

const logData = (bot: string, parts: readonly LogPart[]) => ({
  bot,
  lines: parts.flatMap(({ lines }) => lines.map(({ text }) => text)),
  releases: parts.map(({ release, lines }) => ({ release, lines: lines.length })),
})
