import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { statusData, statusLine } from '../status-text.ts'
import { command, line } from '../text/rich-text.ts'

export const bots = defineCommand({
  name: 'bots',
  usage: '',
  summary: 'Every bot with its state, release and uptime',
  example: '',
  role: 'owner',
  args: () => z.strictObject({}),
  run: async (_args, { engine, verbs }) => {
    const statuses = await verbs.botStatuses(engine)
    const text =
      statuses.length === 0
        ? [line('There are no bots yet. Add one: ', command('addbot <name> <repo>'))]
        : statuses.map((status) => statusLine(status, engine.clock.now()))
    return { text, data: statuses.map(statusData) }
  },
})
