import { createHash } from 'node:crypto'
import { type Engine, type IncidentView, incidentView, redact } from '../../deploy-engine/index.ts'
import type { Offers } from '../command.ts'
import { incidentOffers } from '../incident-offers.ts'
import { incidentText } from '../incident-text.ts'
import { toHtml } from '../text/html.ts'
import type { Calendar } from '../text/moment.ts'
import { isAlertPlace } from './alert-places.ts'
import { nameOf } from './people.ts'
import type { IncidentMessage } from './records/incident-message.ts'

/** An incident as it is to be shown now in one message. */
export type AlertFrame = {
  view: IncidentView
  calendar: Calendar
  html: string
  offers: Offers
  /** The same for what looks the same. It begins with the gist. */
  face: string
  /** The same for what differs only in how often and when. */
  gist: string
  /** Alerts are still told there: a group may be let go, an owner be one no more. */
  isPlace: boolean
}

export const alertFrame = async (engine: Engine, message: IncidentMessage): Promise<AlertFrame> => {
  const { read } = engine.database
  const view = await incidentView(engine, message.incidentId)
  const { ackedBy } = view.incident
  // What happened on the day of the message needs no date: Telegram shows it.
  const calendar = { timezone: engine.settings.timezone, day: message.createdAt }
  const takenBy = ackedBy === null ? undefined : await nameOf(read, ackedBy)
  const html = redact(toHtml(incidentText(view, { calendar, takenBy })))
  const offers = incidentOffers(view)
  const gist = hash(gistOf(view))
  const face = `${gist} ${hash([html, offers])}`
  return { view, calendar, html, offers, face, gist, isPlace: await isAlertPlace(read, message) }
}

// What a person did shows at once, and so does what the manager did.
const gistOf = ({ incident: { kind, state, ackedBy, detail }, mute }: IncidentView) => {
  const { hold, rolledBack, restartedAt } = detail
  return [kind, state, ackedBy, mute?.until, hold, rolledBack, restartedAt]
}

const hash = (shown: unknown): string =>
  createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22)
