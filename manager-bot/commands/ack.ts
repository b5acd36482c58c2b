import { z } from 'zod'
import type { IncidentView } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Reply } from '../command.ts'
import { canSee, IncidentNumber } from '../incident-access.ts'
import { incidentHeadline } from '../incident-headline.ts'
import { bold, line } from '../text/rich-text.ts'

export const ack = defineCommand({
  name: 'ack',
  usage: '[incident]',
  summary: 'Take care of an incident: no more reminders of it',
  details:
    'Everybody sees who does. It ends with the incident. Without a number: the only one that is open, else they are ' +
    'offered.',
  example: '3',
  role: 'admin',
  acrossBots: true,
  args: () => z.strictObject({ incident: IncidentNumber.optional() }),
  run: async ({ incident }, context) => {
    const { engine, verbs } = context
    if (incident !== undefined) return take(context, await allowed(context, incident))
    const open = (await verbs.currentIncidents(engine)).filter(
      (view) => view.incident.partOf === null && canSee(context, view, 'admin'),
    )
    const [only, ...others] = open
    if (!only) return { text: [line('Nothing is wrong now.')], data: { incident: null } }
    return others.length === 0 ? take(context, only) : which(context, open)
  },
})

/** One that somebody has no role for is as one that does not exist. */
const allowed = async (context: CommandContext, incident: number): Promise<IncidentView> => {
  const { engine, verbs } = context
  const view = await verbs.incidentView(engine, incident)
  if (canSee(context, view, 'admin')) return view
  if (canSee(context, view, 'viewer')) throw new verbs.TbsError('not_allowed', 'Only admins of it may use /ack on it')
  throw new verbs.TbsError('unknown_incident', `There is no incident ${incident}`, { hint: 'See /incidents' })
}

const take = async (context: CommandContext, { incident: { id } }: IncidentView): Promise<Reply> => {
  const { engine, verbs, requestedBy, people } = context
  const view = await verbs.acknowledge(engine, id, requestedBy)
  const name = await people.nameOf(requestedBy)
  return {
    text: [line(bold(name), ` takes care of incident ${id}: ${incidentHeadline(view, today(context))}`)],
    data: { incident: id, takenBy: name },
  }
}

const which = (context: CommandContext, open: readonly IncidentView[]): Reply => ({
  text: [line(bold('Which one?'), ' /ack')],
  offers: open.slice(0, MOST_OFFERED).map((view) => ({
    label: `${view.incident.id}: ${incidentHeadline(view, today(context))}`,
    command: 'ack',
    input: { incident: String(view.incident.id) },
    fate: 'replaced',
  })),
  incomplete: true,
  data: { incidents: open.map(({ incident }) => incident.id) },
})

const MOST_OFFERED = 20

const today = ({ engine }: CommandContext) => ({ timezone: engine.settings.timezone, day: engine.clock.now() })
