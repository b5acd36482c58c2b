import { z } from 'zod'
import type { AuditEntry } from '../audit.ts'
import { type CommandContext, defineCommand, type Offer, type Reply } from '../command.ts'
import { type Calendar, moment } from '../text/moment.ts'
import { bold, command, type Line, line } from '../text/rich-text.ts'

const IN_MESSAGE = 12
const IN_TERMINAL = 50

export const audit = defineCommand({
  name: 'audit',
  usage: '[bot]',
  summary: 'Who did what, and what came of it',
  details:
    'Newest first; what only shows something is not in it. Nothing is ever changed or removed there. In the terminal ' +
    '--json gives all of it, a line each: tbs-manager audit --json',
  example: 'echo-bot',
  role: 'owner',
  reads: true,
  args: ({ BotName }) =>
    z.strictObject({
      bot: BotName.optional(),
      before: z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number)
        .optional(),
    }),
  run: async ({ bot, before }, context) => {
    const { audit: trail, door } = context
    const about = bot === undefined ? {} : { bot }
    const limit = door === 'chat' ? IN_MESSAGE : IN_TERMINAL
    const entries = await trail.entries({ ...about, limit: limit + 1, ...(before !== undefined && { before }) })
    const shown = entries.slice(0, limit)
    const turning = { about, last: entries.length > limit ? shown.at(-1) : undefined, isFirst: before === undefined }
    return { ...pageOf(shown, context, { bot, turning }), lines: trail.export(bot) }
  },
})

type Turning = { about: { bot?: string }; last: AuditEntry | undefined; isFirst: boolean }

const pageOf = (
  shown: readonly AuditEntry[],
  { engine, door }: CommandContext,
  { bot, turning }: { bot: string | undefined; turning: Turning },
): Reply => {
  if (shown.length === 0) return { text: [line(`Nothing is written down${bot === undefined ? '' : ` about ${bot}`}.`)] }
  const calendar = { timezone: engine.settings.timezone, day: engine.clock.now() }
  const title = bot === undefined ? 'Who did what' : `Who did what with ${bot}`
  const lines = [line(bold(title)), ...shown.map((entry) => entryLine(entry, calendar))]
  if (door === 'chat') return { text: lines, offers: [turns(turning)] }
  return { text: turning.last ? [...lines, line('All of it: ', command('audit --json'))] : lines }
}

const turns = ({ about, last, isFirst }: Turning): Offer[] => [
  ...(isFirst ? [] : [view('‹ Newest', about)]),
  ...(last ? [view('Older ›', { ...about, before: String(last.id) })] : []),
]

const view = (label: string, input: Offer['input']): Offer => ({ label, command: 'audit', input, fate: 'replaced' })

const entryLine = (entry: AuditEntry, calendar: Calendar): Line => {
  const { at, name, verb, bot, words } = entry
  const what = [verb, ...(bot === null ? [] : [bot]), ...Object.values(words).filter((word) => word !== bot)].join(' ')
  return line(`${markOf(entry)} ${moment(at, calendar)} `, bold(name), `: ${what}${cameOf(entry)}`)
}

const markOf = ({ result, state }: AuditEntry): string => {
  if (result === 'refused') return '⛔'
  if (result === 'failed' || state === 'failed') return '✗'
  return result === 'begun' || state === 'queued' || state === 'running' ? '…' : '✓'
}

const cameOf = ({ result, code, operation, state, failure }: AuditEntry): string => {
  if (result === 'refused') return ` · refused: ${wordsOf(code ?? 'unknown')}`
  if (result === 'failed') return ' · failed by a bug'
  if (result === 'begun') return ' · not known how it ended'
  if (operation === null) return ''
  return ` · #${operation} ${state ?? ''}${failure === null || failure === state ? '' : `: ${wordsOf(failure)}`}`
}

const wordsOf = (code: string): string => code.replaceAll('_', ' ')
