import { z } from 'zod'
import { botsPanel } from '../bot-panel.ts'
import { defineCommand } from '../command.ts'
import { noBots } from '../no-bots.ts'
import { statusData, statusLine, statusMark } from '../status-text.ts'

export const bots = defineCommand({
  name: 'bots',
  usage: '',
  summary: 'Every bot with its state, release and uptime',
  example: '',
  role: 'viewer',
  acrossBots: true,
  args: () => z.strictObject({ page: z.string().optional() }),
  run: async ({ page }, context) => {
    const { engine, verbs, access, door } = context
    const statuses = (await verbs.botStatuses(engine)).filter(({ bot }) => access.roleFor(bot.name) !== undefined)
    const data = statuses.map(statusData)
    if (statuses.length === 0) return { text: [noBots(context)], data }
    const now = engine.clock.now()
    if (door === 'terminal') return { text: statuses.map((status) => statusLine(status, now)), data }
    const { offers, shown } = botsPanel(
      statuses.map(({ bot }) => bot.name),
      page,
    )
    const text = statuses.slice(shown.from, shown.to).map((status) => statusLine(status, now, statusMark(status)))
    return { text, offers, data }
  },
})
