import { z } from 'zod'
import { botPanel } from '../bot-panel.ts'
import { defineCommand } from '../command.ts'
import { statusData, statusText } from '../status-text.ts'
import { bots } from './bots.ts'

export const status = defineCommand({
  name: 'status',
  usage: '[bot]',
  summary: 'One bot in detail',
  details: 'Read from Docker at this moment. Without a bot: all of them, like /bots.',
  example: 'echo-bot',
  role: 'viewer',
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional() }),
  run: async ({ bot }, context) => {
    const { engine, verbs, door } = context
    if (bot === undefined) return bots.bind({}, verbs).run(context)
    const found = await verbs.botStatus(engine, bot)
    const panel = door === 'chat' ? { offers: botPanel(found, context) } : {}
    const calendar = { timezone: engine.settings.timezone, day: engine.clock.now() }
    return { text: statusText(found, calendar), data: statusData(found), ...panel }
  },
})
