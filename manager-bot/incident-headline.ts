import type { IncidentDetail, IncidentKind, IncidentView } from '../deploy-engine/index.ts'
import { exitName } from './exit-text.ts'
import { type Calendar, moment } from './text/moment.ts'
import { type Line, line } from './text/rich-text.ts'
import { memorySize } from './text/size.ts'

/** What happened, as one reads it on a locked phone: "echo-bot crashed: exit code 1". */
export const incidentHeadline = (view: Headlined, calendar: Calendar): string => {
  const { kind, detail } = view.incident
  if (kind === 'host') return (detail.found ?? 'Something is wrong with the server').replace(/\.$/, '')
  return `${HAPPENED[kind](view)}${doneAbout(detail, calendar)}`
}

/** One line of a list: "⚠ echo-bot crashed: exit code 1 · since 14:02". */
export const incidentLine = (view: Headlined, calendar: Calendar): Line =>
  line(`⚠ ${incidentHeadline(view, calendar)} · since ${moment(view.incident.firstAt, calendar)}`)

export type Headlined = Pick<IncidentView, 'incident' | 'bot'>

/** Of the bot, or of what else it is about. */
export const subjectOf = ({ bot }: Headlined): string => bot?.name ?? 'The server'

const HAPPENED: Record<Exclude<IncidentKind, 'host'>, (view: Headlined) => string> = {
  crash: (view) => `${subjectOf(view)} ${crashed(view)}`,
  crash_loop: (view) => {
    const { hold, rolledBack } = view.incident.detail
    const known = hold || rolledBack ? '' : lastExit(view)
    return `${subjectOf(view)} ${view.incident.state === 'open' ? 'crashes' : 'crashed'} over and over${known}`
  },
  out_of_memory: (view) => {
    const { count, detail } = view.incident
    const limit = detail.memoryLimitBytes === undefined ? '' : ` (${memorySize(detail.memoryLimitBytes)})`
    return `${subjectOf(view)} was killed ${count > 1 ? `${count} times ` : ''}for want of memory${limit}`
  },
  start_failure: (view) => `${subjectOf(view)} does not start${lastExit(view)}`,
  stopped: (view) => `${subjectOf(view)} was stopped from outside`,
  gone: (view) => `${subjectOf(view)} is gone: its container was removed from outside`,
  unhealthy: (view) => `${subjectOf(view)} is unhealthy: its health check fails`,
  deaf: (view) => {
    const { waiting = 0 } = view.incident.detail
    const what = waiting > 0 ? `does not take its updates: ${waiting} wait` : 'does not ask Telegram for updates'
    return `${subjectOf(view)} ${what}`
  },
  token: (view) => `Telegram refuses the token of ${subjectOf(view)}`,
  conflict: (view) => `Another program takes the updates of ${subjectOf(view)}`,
}

const crashed = ({ incident: { count, detail } }: Headlined): string => {
  const verb = detail.exitCode === 0 ? 'ended by itself' : 'crashed'
  const times = count > 1 ? ` ${count} times` : ''
  return `${verb}${times}${detail.exitCode === undefined ? '' : `: ${exitName(detail.exitCode)}`}`
}

const lastExit = ({ incident: { detail } }: Headlined): string =>
  detail.exitCode === undefined ? '' : `: ${exitName(detail.exitCode)}`

const doneAbout = ({ hold, rolledBack }: IncidentDetail, calendar: Calendar): string => {
  if (rolledBack) return `: went back to v${rolledBack.release}`
  if (!hold) return ''
  return hold.nextTryAt === null ? ': on trial' : `: stopped, next try at ${moment(hold.nextTryAt, calendar)}`
}
