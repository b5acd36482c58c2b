import { z } from 'zod'
import type { IncidentView } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand } from '../command.ts'
import { canSee } from '../incident-access.ts'
import { incidentHeadline } from '../incident-headline.ts'
import { doneShort, spanText } from '../incident-text.ts'
import { duration } from '../text/duration.ts'
import { type Calendar, moment } from '../text/moment.ts'
import { type Block, bold, line } from '../text/rich-text.ts'

const SHOWN = 10

export const incidents = defineCommand({
  name: 'incidents',
  usage: '[bot]',
  summary: 'What is wrong now, and what was lately',
  details: `What is open, and the last ${SHOWN} that are over: since when, how long, how it ended, what was done.`,
  example: 'echo-bot',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional() }),
  run: async ({ bot }, context) => {
    const { engine, verbs } = context
    const whole = bot === undefined
    const open = (await verbs.currentIncidents(engine, bot)).filter(
      (view) => canSee(context, view, 'viewer') && !(whole && view.incident.partOf !== null),
    )
    const ended = await verbs.pastIncidents(engine, { of: await seen(context, bot), count: SHOWN, whole })
    const now = engine.clock.now()
    const calendar = { timezone: engine.settings.timezone, day: now }
    const nothing = bot === undefined ? 'Nothing is wrong now.' : `Nothing is wrong with ${bot} now.`
    return {
      text: [
        line(bold(open.length > 0 ? 'Open' : nothing)),
        ...(await Promise.all(open.map((view) => openLine(context, view, { calendar, now })))),
        ...(ended.length > 0 ? [line(bold('Over'))] : []),
        ...ended.map((view) => endedLine(view, calendar)),
      ],
      data: { open: open.map(incidentData), ended: ended.map(incidentData) },
    }
  },
})

/** Names of bots; null: the server itself. */
const seen = async ({ engine, verbs, access }: CommandContext, bot: string | undefined): Promise<(string | null)[]> => {
  if (bot !== undefined) return [bot]
  const names = (await verbs.botNames(engine)).filter((name) => access.roleFor(name) !== undefined)
  return access.roleFor() === undefined ? names : [...names, null]
}

const openLine = async (
  { people }: CommandContext,
  view: IncidentView,
  { calendar, now }: { calendar: Calendar; now: number },
): Promise<Block> => {
  const { incident, mute } = view
  const notes = [
    `incident ${incident.id}`,
    `since ${moment(incident.firstAt, calendar)} (${duration(now - incident.firstAt)})`,
    ...(incident.partOf === null ? [] : [`part of incident ${incident.partOf}`]),
    ...doneShort(incident, calendar),
    ...(incident.ackedBy === null ? [] : [`${await people.nameOf(incident.ackedBy)} takes care of it`]),
    ...(mute ? [`muted until ${moment(mute.until, calendar)}`] : []),
  ]
  return line('⚠ ', bold(incidentHeadline(view, calendar)), ` · ${notes.join(' · ')}`)
}

const endedLine = (view: IncidentView, calendar: Calendar): Block => {
  const { incident } = view
  const { end } = incident.detail
  const notes = [
    `incident ${incident.id}`,
    spanText(incident, calendar),
    ...doneShort(incident, calendar),
    ...(end === undefined ? [] : [end]),
  ]
  return line(`✓ ${incidentHeadline(view, calendar)} · ${notes.join(' · ')}`)
}

const incidentData = ({ incident, bot, mute }: IncidentView) => ({
  incident: incident.id,
  bot: bot?.name ?? null,
  kind: incident.kind,
  state: incident.state,
  count: incident.count,
  firstAt: new Date(incident.firstAt).toISOString(),
  lastAt: new Date(incident.lastAt).toISOString(),
  endedAt: incident.endedAt === null ? null : new Date(incident.endedAt).toISOString(),
  partOf: incident.partOf,
  ackedBy: incident.ackedBy,
  mutedUntil: mute ? new Date(mute.until).toISOString() : null,
  detail: incident.detail,
})
