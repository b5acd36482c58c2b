import type { IncidentView } from '../deploy-engine/index.ts'
import type { Input, Offer, Offers } from './command.ts'

/** What can be done about an incident from its own message, by whoever may. */
export const incidentOffers = (view: IncidentView): Offers => {
  const { incident, bot } = view
  const name = bot && bot.removedAt === null ? bot.name : undefined
  const logs = name === undefined ? [] : [stays('Logs', 'logs', { bot: name })]
  const isOpen = incident.state === 'open'
  if (name !== undefined && isOpen && NOT_RUNNING.has(incident.kind)) {
    return [[{ ...stays('Run', 'run', { bot: name }), style: 'primary' }, ...logs]]
  }
  const rows = [
    [...logs, ...(isOpen && name !== undefined ? ways(view, name) : [])],
    isOpen ? attention(view, name ?? 'host') : [],
  ]
  return rows.filter((row) => row.length > 0)
}

const NOT_RUNNING: ReadonlySet<string> = new Set(['stopped', 'gone'])

const ways = ({ incident: { detail } }: IncidentView, bot: string): Offer[] => [
  stays('Restart', 'restart', { bot }),
  ...(detail.lastGood === undefined ? [] : [stays('Roll back', 'rollback', { bot })]),
]

// The message itself shows what came of these.
const attention = ({ incident, mute }: IncidentView, bot: string): Offer[] => [
  mute ? shows('Unmute', 'mute', { bot, time: 'off' }) : shows('Mute 1 h', 'mute', { bot, time: '1h' }),
  ...(incident.ackedBy === null ? [shows('Ack', 'ack', { incident: String(incident.id) })] : []),
]

const stays = (label: string, command: string, input: Input): Offer => ({ label, command, input, fate: 'stays' })
const shows = (label: string, command: string, input: Input): Offer => ({ label, command, input, fate: 'shows' })
