import type { AlertFrame } from './alert-frame.ts'
import type { Priority } from './budget.ts'
import type { IncidentMessage } from './records/incident-message.ts'

/**
 * What there is to do about a message. send and edit show the incident, reply says that it is over, remind that it is
 * not; withdraw takes it back since another incident tells it, forget gives a place up that is none any more.
 */
export type Act = 'send' | 'edit' | 'reply' | 'remind' | 'withdraw' | 'forget'

/** Now, or at a later time if nothing happens before. */
export type Due = { act: Act; priority: Priority; at?: undefined } | { at: number; act?: undefined }

const HOUR_MS = 3600_000
const REMINDED_AFTER_MS = HOUR_MS
const REMINDED_EVERY_MS = 12 * HOUR_MS

/** undefined: nothing, until something happens. */
export const dueOf = (message: IncidentMessage, frame: AlertFrame, now: number): Due | undefined => {
  const { incident, mute } = frame.view
  const isOver = incident.state === 'ended'
  if (message.state === 'gone') return undefined
  if (incident.partOf !== null) return { act: 'withdraw', priority: 'result' }
  if (!frame.isPlace) return { act: 'forget', priority: 'result' }
  if (message.messageId === null) {
    if (isOver && message.state === 'over') return undefined
    if (mute && message.toldAt === null) return { at: mute.until }
    return { act: 'send', priority: sounds(message, frame) ? 'alert' : 'result' }
  }
  const isNews = message.face !== frame.face
  if (isOver) {
    if (isNews) return { act: 'edit', priority: 'result' }
    return message.overTold ? undefined : { act: 'reply', priority: 'result' }
  }
  const reminder = nextReminder(message, frame, now)
  // Edits may be held up for long where much is said.
  if (reminder?.act || !isNews) return reminder
  return { act: 'edit', priority: message.face.startsWith(frame.gist) ? 'progress' : 'result' }
}

/** What is over makes no sound, and neither does what was told before. */
export const sounds = ({ toldAt }: IncidentMessage, { view }: AlertFrame): boolean =>
  toldAt === null && view.incident.state === 'open'

const nextReminder = (
  { toldAt, remindedAt }: IncidentMessage,
  { view: { incident, mute } }: AlertFrame,
  now: number,
): Due | undefined => {
  if (incident.ackedBy !== null) return mute && { at: mute.until }
  // What was told late, after a mute or an outage, is not reminded of at once.
  const first = Math.max(incident.firstAt, toldAt ?? 0) + REMINDED_AFTER_MS
  const at = remindedAt === null ? first : remindedAt + REMINDED_EVERY_MS
  // Its end changes the message, too.
  if (mute) return { at: mute.until }
  return now < at ? { at } : { act: 'remind', priority: 'alert' }
}
