import { z } from 'zod'
import { botPanel } from '../bot-panel.ts'
import { defineCommand } from '../command.ts'
import { detailData, detailLines } from '../detail-text.ts'
import { statusData, statusText } from '../status-text.ts'
import { bots } from './bots.ts'

export const status = defineCommand({
  name: 'status',
  usage: '[bot]',
  summary: 'One bot in detail',
  details: 'Read from Docker at this moment. Without a bot: all of them, like /bots.',
  example: 'echo-bot',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional() }),
  run: async ({ bot }, context) => {
    const { engine, verbs, door } = context
    if (bot === undefined) return bots.bind({}, verbs).run(context)
    const found = await verbs.botDetail(engine, bot)
    const { status: seen } = found
    const panel = door === 'chat' ? { offers: botPanel(seen, context) } : {}
    const now = engine.clock.now()
    const { people } = await context.people.roster()
    const calendar = { timezone: engine.settings.timezone, day: now }
    const text = [...statusText(seen, calendar), ...detailLines(found, { people, now })]
    return { text, data: { ...statusData(seen), ...detailData(found) }, ...panel }
  },
})
