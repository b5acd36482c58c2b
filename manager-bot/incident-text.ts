import type { Incident, IncidentKind, IncidentView } from '../deploy-engine/index.ts'
import { exitMeaning, exitName } from './exit-text.ts'
import { incidentHeadline, subjectOf } from './incident-headline.ts'
import { shortSha } from './status-text.ts'
import { duration } from './text/duration.ts'
import { type Calendar, moment } from './text/moment.ts'
import { type Block, bold, code, foldedPre, line, prose, type RichText } from './text/rich-text.ts'
import { memorySize } from './text/size.ts'

/** How an incident is told: by which calendar, and by what name the person is known who takes care of it. */
export type Telling = { calendar: Calendar; takenBy?: string | undefined }

/** All that a person needs in order to act: what happened, since when, what is being done, what it printed last. */
export const incidentText = (view: IncidentView, telling: Telling): RichText => {
  const { incident } = view
  const isOver = incident.state === 'ended'
  const headline = incidentHeadline(view, telling.calendar)
  return [
    line(bold(isOver ? `✓ over: ${headline}` : headline)),
    line(
      `${isOver ? fromTo(incident, telling.calendar) : since(incident, telling.calendar)} · incident ${incident.id}`,
    ),
    ...foundLine(incident),
    ...exitLines(incident),
    ...releaseLine(view),
    ...botsLine(incident),
    ...doneLines(incident, telling.calendar),
    ...(isOver ? [] : attentionLines(view, telling)),
    ...(incident.detail.hint && !isOver ? [line(...prose(incident.detail.hint))] : []),
    ...lastWords(incident),
  ]
}

/** Said once, below the message, when it is over for the first time. */
export const overText = (view: IncidentView): RichText => [
  line(bold(subjectOf(view)), ` — over: ${view.incident.detail.end ?? 'it is fine again'}`),
]

/** Said below the message while nobody takes care of it. */
export const reminderText = (view: IncidentView, calendar: Calendar): RichText => [
  line(
    bold(`Not over yet: ${incidentHeadline(view, calendar)}`),
    `. Since ${moment(view.incident.firstAt, calendar)}.`,
  ),
]

/** What the manager did about it, in short; empty: nothing. */
export const doneShort = ({ detail }: Incident, calendar: Calendar): string[] => [
  ...(detail.hold?.nextTryAt ? [`stopped, next try at ${moment(detail.hold.nextTryAt, calendar)}`] : []),
  ...(detail.rolledBack ? [`went back to v${detail.rolledBack.release} by #${detail.rolledBack.operation}`] : []),
  ...(detail.restartedAt === undefined ? [] : [`restarted at ${moment(detail.restartedAt, calendar)}`]),
]

/** "14:02 to 14:25 (23 min)". */
export const spanText = ({ firstAt, endedAt, lastAt }: Incident, calendar: Calendar): string => {
  const end = endedAt ?? lastAt
  return `${moment(firstAt, calendar)} to ${moment(end, calendar)} (${duration(minutes(end - firstAt))})`
}

// Seconds of an hour are no news.
const minutes = (ms: number): number => (ms < 60_000 ? ms : Math.round(ms / 60_000) * 60_000)

const since = (incident: Incident, calendar: Calendar): string => {
  const { kind, count, firstAt, lastAt } = incident
  const first = moment(firstAt, calendar)
  if (!REPEATED.includes(kind) || count === 1)
    return `${kind === 'crash' ? 'At' : 'Since'} ${first}${cameBack(incident)}`
  return `${count} times since ${first}, last at ${moment(lastAt, calendar)}${cameBack(incident)}`
}

const fromTo = (incident: Incident, calendar: Calendar): string => {
  const { kind, count, detail } = incident
  const times = REPEATED.includes(kind) && count > 1 ? `, ${count} times` : ''
  const why = detail.end === undefined ? '' : `: ${detail.end}`
  return `${spanText(incident, calendar)}${times}${cameBack(incident)}${why}`
}

const REPEATED: readonly IncidentKind[] = ['crash', 'crash_loop', 'out_of_memory', 'start_failure', 'unhealthy']

const cameBack = ({ reopened }: Incident): string => {
  if (reopened === 0) return ''
  return reopened === 1 ? ', came back once' : `, came back ${reopened} times`
}

const foundLine = ({ kind, detail }: Incident): Block[] =>
  detail.found && kind !== 'host' ? [line(...prose(detail.found))] : []

const exitLines = ({ kind, detail }: Incident): Block[] => {
  const { exitCode, outOfMemory = kind === 'out_of_memory', uptimeMs, memoryBytes, memoryLimitBytes } = detail
  const meaning = exitCode === undefined ? undefined : exitMeaning(exitCode, { outOfMemory })
  const limit = memoryLimitBytes === undefined ? '' : ` of ${memorySize(memoryLimitBytes)}`
  const ran = [
    ...(uptimeMs === undefined ? [] : [`for ${duration(uptimeMs)}`]),
    ...(memoryBytes === undefined ? [] : [`with ${memorySize(memoryBytes)}${limit} of memory`]),
  ]
  return [
    ...(exitCode === undefined ? [] : [line(capital(`${exitName(exitCode)}${meaning ? `: ${meaning}` : ''}`))]),
    ...(ran.length > 0 ? [line(`It had run ${ran.join(', ')}`)] : []),
  ]
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const releaseLine = ({ incident: { detail }, release }: IncidentView): Block[] => {
  if (detail.release === undefined) return []
  const source = release ? [' (', code(shortSha(release.sha)), ` “${release.subject}”)`] : []
  const lastGood = detail.lastGood === undefined ? '' : ` · last good: v${detail.lastGood}`
  return [line(`Release v${detail.release}`, ...source, lastGood)]
}

const MOST_BOTS = 10

const botsLine = ({ detail: { bots = [] } }: Incident): Block[] => {
  if (bots.length === 0) return []
  const more = bots.length > MOST_BOTS ? ` and ${bots.length - MOST_BOTS} more` : ''
  return [line(`${bots.length === 1 ? 'Bot' : 'Bots'}: ${bots.slice(0, MOST_BOTS).join(', ')}${more}`)]
}

const doneLines = ({ detail }: Incident, calendar: Calendar): Block[] => {
  const { hold, rolledBack, restartedAt } = detail
  const tried = hold && hold.tries > 0 ? ` Tried ${hold.tries === 1 ? 'once' : `${hold.tries} times`} so far.` : ''
  return [
    ...(hold?.nextTryAt
      ? [line(`I keep it stopped, since it only ends again. Next try at ${moment(hold.nextTryAt, calendar)}.${tried}`)]
      : []),
    ...(hold?.nextTryAt === null
      ? [line(`I had stopped it, since it only ended again; now it is tried.${tried}`)]
      : []),
    ...(rolledBack ? [line(`I went back to v${rolledBack.release} by #${rolledBack.operation}.`)] : []),
    ...(restartedAt === undefined ? [] : [line(`I restarted it at ${moment(restartedAt, calendar)}.`)]),
  ]
}

const attentionLines = ({ incident, mute }: IncidentView, { calendar, takenBy }: Telling): Block[] => [
  ...(incident.ackedBy === null ? [] : [line(bold(takenBy ?? incident.ackedBy), ' takes care of it')]),
  ...(mute ? [line(`Muted until ${moment(mute.until, calendar)}`)] : []),
]

const SHOWN_LINES = 20

const lastWords = ({ detail: { logLines = [] } }: Incident): Block[] =>
  logLines.length > 0 ? [line('It printed last:'), foldedPre(logLines.slice(-SHOWN_LINES).join('\n'))] : []
