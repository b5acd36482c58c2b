import { z } from 'zod'
import type { BotStatus, IncidentView } from '../../deploy-engine/index.ts'
import { botsPanel } from '../bot-panel.ts'
import { type CommandContext, defineCommand } from '../command.ts'
import { incidentLine } from '../incident-headline.ts'
import { noBots } from '../no-bots.ts'
import { incidentLines, statusData, statusLine, statusMark } from '../status-text.ts'

export const bots = defineCommand({
  name: 'bots',
  usage: '',
  summary: 'Every bot with its state, release and uptime',
  example: '',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  args: () => z.strictObject({ page: z.string().optional() }),
  run: async ({ page }, context) => {
    const { engine, verbs, access, door } = context
    const statuses = (await verbs.botStatuses(engine)).filter(({ bot }) => access.roleFor(bot.name) !== undefined)
    const data = statuses.map(statusData)
    if (statuses.length === 0) return { text: [noBots(context)], data }
    const now = engine.clock.now()
    const calendar = { timezone: engine.settings.timezone, day: now }
    const lines = (shown: readonly BotStatus[], mark: (status: BotStatus) => string) =>
      shown.flatMap((status) => [statusLine(status, now, mark(status)), ...incidentLines(status, calendar)])
    const ofHost = (await hostIncidents(context)).map((view) => incidentLine(view, calendar))
    if (door === 'terminal') return { text: [...ofHost, ...lines(statuses, () => '')], data }
    const { offers, shown } = botsPanel(
      statuses.map(({ bot }) => bot.name),
      page,
    )
    return { text: [...ofHost, ...lines(statuses.slice(shown.from, shown.to), statusMark)], offers, data }
  },
})

/** What is wrong with the server is for those who see all bots. */
const hostIncidents = async ({ engine, verbs, access }: CommandContext): Promise<IncidentView[]> =>
  access.roleFor() === undefined ? [] : (await verbs.currentIncidents(engine)).filter(({ bot }) => !bot)
