import { restartInPlace } from '../../operations/restart-in-place.ts'
import type { Engine } from '../../ports.ts'
import { type Incident, type IncidentDetail, type IncidentKind, noteSign } from '../../records/incident.ts'
import { endNow } from '../end-now.ts'
import { isFleetWide } from '../fleet.ts'
import { whileWatched } from '../watched.ts'
import type { ActiveBot } from './active-bots.ts'
import type { Silences } from './alike.ts'
import { answerDeafness } from './answer-deafness.ts'
import type { Look } from './look.ts'
import { settleUnproven } from './unproven.ts'
import { isFine, type Watched } from './watched.ts'

export type Seen = ActiveBot & {
  look: Look
  watched: Watched
  /** Of all bots that are watched. */
  silences(): Silences
  /** How many tokens are refused now. */
  refused(): number
  enqueue(operation: number): Promise<void>
  signal: AbortSignal
}

/** Not older is a sign that it is well now. */
const FRESH_MS = 2 * 60_000

/** What is done about a look: an unproven version is settled, and incidents begin and end. */
export const followUp = async (engine: Engine, seen: Seen): Promise<void> => {
  const { release, look, watched, signal, silences, refused } = seen
  if (!look.running) return finishRestart(engine, seen)
  if (release.proof === 'unproven') {
    const samples = watched.looks.filter(({ startedAt }) => startedAt === look.startedAt)
    if (await settleUnproven(engine, { ...seen, samples, startedAt: look.startedAt })) return
  }
  keepFine(watched)
  const { state } = watched.judged ?? {}
  // So many at once: it is not their tokens.
  if (state === 'refused' && !isFleetWide(refused(), silences().size)) await begin(engine, seen, 'token')
  if (state === 'elsewhere') await begin(engine, seen, 'conflict')
  if (state === 'deaf') await answerDeafness(engine, seen, signal)
  for (const incident of seen.incidents) {
    const end = endOf(incident, watched, look.at)
    if (end !== undefined) await endNow(engine, incident, end)
  }
}

const keepFine = (watched: Watched): void => {
  const { judged } = watched
  if (!judged || ['deaf', 'refused', 'elsewhere'].includes(judged.state)) {
    delete watched.fineSince
    return
  }
  const { state, sign, at } = judged
  const isWell = (state === 'idle' || state === 'working') && sign !== undefined && at - sign.at <= FRESH_MS
  if (isWell) watched.fineSince ??= at
}

const begin = async (engine: Engine, seen: Seen, kind: 'token' | 'conflict'): Promise<void> => {
  const { bot, release, look, incidents } = seen
  if (incidents.some((incident) => incident.kind === kind)) return
  const detail: IncidentDetail = { release: release.number, ...WORDS[kind](bot) }
  const incident = await engine.database.transaction((entities) =>
    noteSign(entities, { botId: bot.id, kind, fingerprint: kind, at: look.at, detail }),
  )
  engine.changes.emit({ incident: incident.id })
}

const WORDS = {
  token: ({ name }: { name: string }) => ({
    hint: `Ask @BotFather for the current one, then /set ${name} token`,
  }),
  conflict: ({ name }: { name: string }) => ({
    hint: `Stop it where it runs, or ask @BotFather for a new token, then /set ${name} token`,
  }),
}

const ENDS: Partial<Record<IncidentKind, string>> = {
  token: 'Telegram takes its token again',
  conflict: 'no other program takes its updates any more',
  deaf: 'it takes its updates again',
}

const endOf = ({ kind }: Incident, watched: Watched, now: number): string | undefined => {
  const { state } = watched.judged ?? {}
  const isOver =
    kind === 'token' ? state !== undefined && state !== 'refused' && state !== 'unknown' : isFine(watched, now)
  return isOver ? ENDS[kind] : undefined
}

// Docker went away in the middle of it.
const finishRestart = async (engine: Engine, { bot, incidents, enqueue, signal }: Seen): Promise<void> => {
  const cut = incidents.find(({ detail }) => detail.restarting)
  if (!cut) return
  await whileWatched({ engine, enqueue }, bot.id, () => restartInPlace(engine, cut, signal))
}
