import type { InlineKeyboardMarkup } from 'telegraf/types'
import { type Engine, incidentView, openIncidents, remembered } from '../../deploy-engine/index.ts'
import { act, type Became, buttonsFor, writeDown } from './alert-act.ts'
import { dueOf } from './alert-due.ts'
import { type AlertFrame, alertFrame } from './alert-frame.ts'
import { alertPlaces, ownersPlaces } from './alert-places.ts'
import { isTelegrams } from './bot-api.ts'
import type { Priority } from './budget.ts'
import type { Lanes } from './lanes.ts'
import { type BroughtUp, type Live, openLive } from './live.ts'
import {
  addIncidentMessages,
  giveUpIncidentMessage,
  type IncidentMessage,
  incidentMessageById,
  incidentMessagesOf,
  openIncidentMessages,
} from './records/incident-message.ts'
import type { Speaking } from './speaking.ts'

/** One message per incident and place, edited as it goes on. What sounds is its beginning, and that it goes on. */
export type Alerts = {
  /** Decides where each incident is told that is open and told nowhere yet. */
  resume(): Promise<void>
  /** Tells whatever is behind, and goes on until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** For what other processes did, such as a mute in the terminal. What happens in this one is told at once. */
const SWEEP_MS = 10_000

type Parts = { engine: Engine; speaking: Speaking; lanes: Lanes }

export const openAlerts = (parts: Parts): Alerts => {
  const { engine } = parts
  const live = openLive(parts, {
    read: (id) => incidentMessageById(engine.database.read, id),
    bringUp: (message) => bringUp(state, message).catch((error) => setAside(state, message, error)),
    giveUp: (message) => giveUp(state, message),
  })
  const open = remembered(engine, () => openAlertsOf(engine))
  const state: State = { ...parts, live, open, unsent: new Map(), unwritten: new Map() }
  return {
    resume: async () => {
      await sweep(state)
    },
    run: (signal) => run(state, signal),
  }
}

type State = Parts & {
  live: Live<IncidentMessage>
  /** Numbers of the incidents that are open, or whose messages may have to be edited, oldest first. */
  open(): Promise<number[]>
  /** Buttons of messages that Telegram has not taken yet, with the face that they belong to. */
  unsent: Map<number, { face: string; markup: InlineKeyboardMarkup }>
  /** What Telegram has taken, and could not be written down on a full disk: it is done once all the same. */
  unwritten: Map<number, Became>
}

const run = async (state: State, signal: AbortSignal): Promise<void> => {
  const { engine, speaking } = state
  const stopListening = engine.changes.listen(({ incident }) => incident !== undefined && lookSafely(state, incident))
  while (!signal.aborted) {
    const next = await sweep(state).catch((err) => {
      speaking.log.error({ err }, 'incidents could not be read')
      return undefined
    })
    const now = engine.clock.now()
    const until = Math.min(now + SWEEP_MS, next ?? Number.POSITIVE_INFINITY)
    await engine.clock.sleep(Math.max(until - now, 0), signal).catch(() => {})
  }
  stopListening()
}

/** Gives when something is due by itself, if anything. */
const sweep = async (state: State): Promise<number | undefined> => {
  const times: number[] = []
  for (const id of await state.open()) times.push(...(await lookSafely(state, id)))
  return times.length > 0 ? Math.min(...times) : undefined
}

const openAlertsOf = async ({ database: { read } }: Engine): Promise<number[]> => {
  const open = (await openIncidents(read)).filter(({ partOf }) => partOf === null).map(({ id }) => id)
  const shown = (await openIncidentMessages(read)).map(({ incidentId }) => incidentId)
  return [...new Set([...open, ...shown])].sort((a, b) => a - b)
}

const lookSafely = (state: State, incident: number): Promise<number[]> =>
  look(state, incident).catch((err) => {
    state.speaking.log.error({ err, incident }, 'an incident could not be read')
    return []
  })

/** Puts its messages into their lanes as far as something is due; gives when something will be. */
const look = async (state: State, incident: number): Promise<number[]> => {
  const { engine, live } = state
  const messages = await incidentMessagesOf(engine.database.read, [incident])
  if (messages.length === 0) return begin(state, incident)
  const times: number[] = []
  for (const message of messages) {
    const due = dueOf(message, await alertFrame(engine, message), engine.clock.now())
    if (due?.act) live.put(message, due.priority)
    else if (due) times.push(due.at)
  }
  return times
}

/** Decides at its first sight where it is told: what is muted, or told by another incident, is not. */
const begin = async ({ engine, live }: State, id: number): Promise<number[]> => {
  const { read } = engine.database
  const { incident, mute } = await incidentView(engine, id)
  if (incident.partOf !== null) return []
  if (mute) return [mute.until]
  const places = await alertPlaces(read)
  if (places.length === 0) return []
  const createdAt = engine.clock.now()
  const messages = await engine.database.transaction((entities) =>
    addIncidentMessages(entities, id, { places, createdAt }),
  )
  for (const message of messages) live.put(message, incident.state === 'open' ? 'alert' : 'result')
  return []
}

const bringUp = async (state: State, message: IncidentMessage): Promise<BroughtUp> => {
  const { engine, unsent, unwritten } = state
  const left = unwritten.get(message.id)
  if (left) return { sent: false, more: await keep(state, message, left) }
  const frame = await alertFrame(engine, message)
  const due = dueOf(message, frame, engine.clock.now())
  if (!due?.act) return { sent: false }
  if (due.act === 'send') await prepare(state, message, frame)
  const became = await act(state, due.act, { message, frame, markup: unsent.get(message.id)?.markup })
  unwritten.set(message.id, became)
  return { sent: true, more: await keep(state, message, became) }
}

/** One that fails by a fault of our own holds up nobody else: the next sweep finds it again. */
const setAside = ({ speaking }: State, { incidentId: incident }: IncidentMessage, err: unknown): BroughtUp => {
  if (isTelegrams(err)) throw err
  if (!speaking.signal.aborted) speaking.log.error({ err, incident }, 'an incident could not be told')
  return { sent: true }
}

/** The owners are told in private what can't be told in any group. */
const giveUp = async (state: State, message: IncidentMessage): Promise<void> => {
  const { database, clock } = state.engine
  await database.transaction(async (entities) => {
    const places = await ownersPlaces(entities)
    await giveUpIncidentMessage(entities, message, { places, createdAt: clock.now() })
  })
  await look(state, message.incidentId)
}

// Each try with new buttons would leave the last one's behind.
const prepare = async ({ engine, unsent }: State, message: IncidentMessage, frame: AlertFrame): Promise<void> => {
  if (unsent.get(message.id)?.face === frame.face) return
  unsent.set(message.id, { face: frame.face, markup: await buttonsFor(engine, message, frame) })
}

/** Writes down what Telegram has taken; gives how urgent the next thing is, if there is one. */
const keep = async (state: State, message: IncidentMessage, became: Became): Promise<Priority | undefined> => {
  const { engine, unsent, unwritten } = state
  await writeDown(engine, message, became)
  unwritten.delete(message.id)
  unsent.delete(message.id)
  if (became.change === 'removed') return undefined
  // What happened while it was on its way was seen by nobody who knew that it would arrive.
  const now = { ...message, ...became.change }
  const due = dueOf(now, await alertFrame(engine, now), engine.clock.now())
  return due?.act && due.priority
}
