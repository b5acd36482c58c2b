import { z } from 'zod'
import type { Prunable } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Question, type Reply } from '../command.ts'
import { operate } from '../operate.ts'
import { reaches } from '../role.ts'
import { bold, line, type RichText } from '../text/rich-text.ts'
import { size } from '../text/size.ts'

export const prune = defineCommand({
  name: 'prune',
  usage: '[bot] [now]',
  summary: 'Free disk: show what nothing needs, then remove it',
  details:
    'Shows first which old images would go and how much that frees; with “now” behind the bot they are removed. The ' +
    'active version, the last good one and containers that hold data always stay.',
  example: 'echo-bot',
  role: 'admin',
  reads: ({ now }) => now === undefined,
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional(), now: z.literal('now').optional() }),
  confirm: async ({ bot, now }, context) =>
    bot !== undefined && now !== undefined ? question(context, bot) : undefined,
  run: ({ bot, now }, context) =>
    bot !== undefined && now !== undefined ? operate(context, { kind: 'prune', bot, args: {} }) : show(context, bot),
})

const show = async ({ engine, verbs, access }: CommandContext, name: string | undefined): Promise<Reply> => {
  const found = (await verbs.prunable(engine, name)).filter(({ bot }) => reaches(access.roleFor(bot.name), 'admin'))
  const some = found.filter(({ releases }) => releases.length > 0)
  const data = found.map(({ bot, releases, bytes }) => ({
    bot: bot.name,
    releases: releases.map(({ number }) => number),
    bytes,
  }))
  if (some.length === 0) return { text: [line('There is nothing to free: every image is needed.')], data }
  return {
    text: [line(bold('This would be removed:')), ...some.flatMap(prunableLines), line(STAYS)],
    offers: some.map((one) => ({
      label: freeText(one),
      command: 'prune',
      input: { bot: one.bot.name, now: 'now' },
      fate: some.length === 1 ? 'replaced' : 'stays',
    })),
    data,
  }
}

const question = async ({ engine, verbs }: CommandContext, bot: string): Promise<Question | undefined> => {
  const [found] = await verbs.prunable(engine, bot)
  if (!found || found.releases.length === 0) return undefined
  return {
    text: [line(bold('Remove this?')), ...prunableLines(found), line(STAYS)],
    yes: freeText(found),
    no: 'Keep them',
    input: { bot, now: 'now' },
  }
}

const freeText = ({ bot, bytes }: Prunable): string => `Free ${size(bytes)} of ${bot.name}`

const STAYS = 'The active version, the last good one and all data stay. A removed version can be built again.'

const prunableLines = ({ bot, releases, bytes }: Prunable): RichText => {
  const numbers = releases.map(({ number }) => `v${number}`).join(', ')
  const images = releases.length === 1 ? 'the image of' : 'the images of'
  return [line(bold(bot.name), `: ${images} ${numbers}, at least ${size(bytes)}`)]
}
