import { z } from 'zod'
import type { BotGlance, CheckUp } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Offer, type Reply } from '../command.ts'
import { detailData, incidentData, livenessData } from '../detail-text.ts'
import { checkUpText, glanceLine, hostLines, managerLines } from '../health-text.ts'
import { noBots } from '../no-bots.ts'
import { statusData } from '../status-text.ts'
import { line } from '../text/rich-text.ts'

export const health = defineCommand({
  name: 'health',
  usage: '[bot]',
  summary: 'Look at a bot from all sides, now',
  details:
    'Its container, whether it takes its updates, what waits, what it takes, its health check and its incidents, ' +
    'each with its age. Without a bot: all of them in short, and the server.',
  example: 'echo-bot',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional() }),
  run: async ({ bot }, context) => {
    if (bot === undefined) return overview(context)
    const found = await context.verbs.checkUp(context.engine, bot)
    return { text: checkUpText(found), data: checkUpData(found), ...refresh(context, { bot }) }
  },
})

const refresh = ({ door }: CommandContext, input: Offer['input']): Pick<Reply, 'offers'> =>
  door === 'terminal' ? {} : { offers: [{ label: '⟳ Refresh', command: 'health', input, fate: 'replaced' }] }

/** The server is for those who see all bots. */
const overview = async (context: CommandContext): Promise<Reply> => {
  const { engine, verbs, access } = context
  const now = engine.clock.now()
  const seesAll = access.roleFor() !== undefined
  const [bots, host, manager] = await Promise.all([
    glances(context),
    seesAll ? verbs.hostNow(engine) : undefined,
    seesAll ? context.manager() : undefined,
  ])
  const none = bots.length === 0 ? [noBots(context)] : []
  const shown = Array.isArray(bots) ? [...bots.map((glance) => glanceLine(glance, now)), ...none] : [line(bots)]
  return {
    text: [...shown, ...(host ? hostLines(host) : []), ...(manager ? managerLines(manager, now) : [])],
    data: { bots: Array.isArray(bots) ? bots.map(glanceData) : null, host: host ?? null, manager: manager ?? null },
    ...refresh(context, {}),
  }
}

/** Or why that is not known: Docker away is when this is asked. */
const glances = async ({ engine, verbs, access }: CommandContext): Promise<BotGlance[] | string> => {
  try {
    return (await verbs.glances(engine)).filter(({ status }) => access.roleFor(status.bot.name) !== undefined)
  } catch (error) {
    if (error instanceof verbs.TbsError) return error.message
    throw error
  }
}

const glanceData = ({ status, usage, check, liveness, incidents }: BotGlance) => ({
  ...statusData(status),
  memoryBytes: usage?.memoryBytes ?? null,
  healthCheck: check ? { ok: check.ok, found: check.found, at: new Date(check.at).toISOString() } : null,
  liveness: liveness ? livenessData(liveness) : null,
  openIncidents: incidents.map(incidentData),
})

const checkUpData = (found: CheckUp) => ({
  ...statusData(found.status),
  ...detailData(found),
  at: new Date(found.at).toISOString(),
  restarts: found.status.container?.restarts ?? null,
  polling: found.polling ? { ...found.polling, at: new Date(found.polling.at).toISOString() } : null,
  proof: found.proof ? { ...found.proof, at: new Date(found.proof.at).toISOString() } : null,
  healthChecks: found.checks.map((check) => ({ ...check, at: new Date(check.at).toISOString() })),
})
