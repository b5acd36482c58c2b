import { botByName } from '../../../deploy-engine/records/bot.ts'
import {
  changeIncident,
  endIncident,
  type Incident,
  type IncidentDetail,
  IncidentSchema,
  noteSign,
  type Sign,
} from '../../../deploy-engine/records/incident.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { type ChatBench, OWNER } from './chat-bench.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** What exits come to turn into each other. */
const FAMILY = ['crash', 'crash_loop', 'out_of_memory', 'start_failure'] as const

type Bench = Pick<ChatBench, 'engine'>

type Signed = Partial<Omit<Sign, 'botId'>> & {
  /** In the same breath: the incident that tells of it. */
  partOf?: number
}

/** Writes a sign down as the engine does, and tells of it. Without a bot it is of the server. */
export const sign = async (
  { engine }: Bench,
  bot: string | null,
  { partOf, ...more }: Signed = {},
): Promise<Incident> => {
  const kind = bot === null ? 'host' : 'crash'
  const incident = await engine.database.transaction(async (entities) => {
    const own = { kind, fingerprint: `${kind} 1`, at: engine.clock.now(), detail: {}, ...more } as const
    if (bot === null) return noteSign(entities, { botId: null, ...own })
    const { id: botId } = await botByName(entities, bot)
    const noted = await noteSign(entities, { botId, family: FAMILY, ...own })
    return partOf === undefined ? noted : changeIncident(entities, noted, { partOf })
  })
  engine.changes.emit({ incident: incident.id })
  return incident
}

export const crash = (bench: Bench, bot: string, detail: IncidentDetail = {}): Promise<Incident> =>
  sign(bench, bot, { detail: { exitCode: 1, uptimeMs: 5000, release: 1, ...detail } })

export const end = async ({ engine }: Bench, id: number, why = 'fine for 10 minutes'): Promise<void> => {
  await engine.database.transaction(async (entities) => {
    const known = await entities.findOneByOrFail(IncidentSchema, { id })
    await endIncident(entities, known, { at: engine.clock.now(), end: why })
  })
  engine.changes.emit({ incident: id })
}

export const change = async (
  { engine }: Bench,
  id: number,
  changed: Parameters<typeof changeIncident>[2],
): Promise<void> => {
  await engine.database.transaction(async (entities) => {
    await changeIncident(entities, await entities.findOneByOrFail(IncidentSchema, { id }), changed)
  })
  engine.changes.emit({ incident: id })
}

const NUMBERED = / · incident (\d+)$/m

/** The messages in a chat that show an incident, replies below them left out. */
export const alertsIn = (messages: readonly SandboxMessage[]): SandboxMessage[] =>
  messages.filter(({ from, text, deleted }) => from.is_bot && !deleted && NUMBERED.test(text))

export const alertsTo = ({ sandbox, manager }: ChatBench, person = OWNER): SandboxMessage[] =>
  alertsIn(sandbox.conversation(manager.username, person))

/** What was said below an alert. */
export const repliesTo = (messages: readonly SandboxMessage[], { message_id }: SandboxMessage): SandboxMessage[] =>
  messages.filter(({ reply_to, deleted }) => reply_to === message_id && !deleted)

export const labelsOf = ({ buttons }: SandboxMessage): string[] => buttons.flat().map(({ text }) => text)
