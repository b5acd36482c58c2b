import { askHealth, type HealthFinding, imageHealth } from '../container/ask-health.ts'
import { botSecrets, hiddenOf } from '../operations/secrets.ts'
import type { Container, Engine } from '../ports.ts'
import { type Incident, openIncidents } from '../records/incident.ts'
import { remembered } from '../remembered.ts'
import { within } from '../within.ts'
import type { Queue } from './between-operations.ts'
import { type BotToRun, botsToRun, isWorkedOn } from './bots-to-run.ts'
import { endUnhealthy, noteHealth } from './note-health.ts'
import { COUNTED, longer, NO_STREAK, type Streak, verdictOf } from './streak.ts'

/** New versions are noticed so late at most. */
const REFRESH_MS = 5_000
const BREATH_MS = 500
const AT_ONCE = 3
/** How often a bot is looked at that has no check but the one of its image. */
const EVERY_MS = 30_000
const SOON_MS = 5_000
/** So often an incident that lasts learns what was found last. */
const AGAIN_MS = 10 * 60_000

/**
 * Asks running bots for their health, by tbs.yaml and by what Docker knows of their image's HEALTHCHECK, until the
 * signal aborts: each at a time of its own. Three failures in a row are an incident, three passes end it.
 */
export const watchHealth = async (
  engine: Engine,
  { enqueue, signal }: Omit<Queue, 'engine'> & { signal: AbortSignal },
): Promise<void> => {
  const incidents = remembered(engine, () => openIncidents(engine.database.read))
  const watch: Watch = { engine, enqueue, signal, incidents, all: new Map(), looking: new Set() }
  while (!signal.aborted) {
    const next = await round(watch).catch((err) => {
      if (!signal.aborted) engine.log.error({ err }, 'watching the health of bots failed')
      return Number.POSITIVE_INFINITY
    })
    const ms = Math.min(Math.max(next - engine.clock.now(), BREATH_MS), REFRESH_MS)
    await engine.clock.sleep(ms, signal).catch(() => undefined)
  }
  await Promise.allSettled(watch.looking)
}

/** What is remembered of a bot for as long as one container is its active version. */
type Watched = {
  container: string
  startedAt: number
  /** Infinity: it has nothing to be asked. */
  dueAt: number
  streak: Streak
  told?: { verdict: 'good' | 'bad'; at: number; failures: number }
}

type Watch = Queue & {
  signal: AbortSignal
  incidents(): Promise<Incident[]>
  all: Map<number, Watched>
  looking: Set<Promise<void>>
}

/** Begins the looks whose time has come; gives when the next one's will. */
const round = async (watch: Watch): Promise<number> => {
  const { engine, all, looking } = watch
  const bots = await botsToRun(engine)
  for (const id of all.keys()) if (!bots.some(({ bot }) => bot.id === id)) forget(watch, id)
  for (const one of bots) if (all.get(one.bot.id)?.container !== one.container) begin(watch, one)
  const asked = (one: BotToRun) => all.get(one.bot.id)?.dueAt !== Number.POSITIVE_INFINITY
  await endUnhealthy(engine, await watch.incidents(), { bots, asked })
  const now = engine.clock.now()
  const due = bots.flatMap((one) => {
    const watched = all.get(one.bot.id)
    return watched && watched.dueAt <= now ? [{ one, watched }] : []
  })
  for (const { one, watched } of due.sort((a, b) => a.watched.dueAt - b.watched.dueAt)) {
    if (looking.size >= AT_ONCE) return now
    const look = lookSafely(watch, one, watched).finally(() => looking.delete(look))
    looking.add(look)
  }
  return Math.min(...[...all.values()].map(({ dueAt }) => dueAt))
}

const forget = ({ engine, all }: Watch, id: number): void => {
  all.delete(id)
  engine.running.health.delete(id)
}

const begin = ({ engine, all }: Watch, one: BotToRun): void => {
  const dueAt = engine.clock.now() + place(one.bot.id) * everyMs(one)
  all.set(one.bot.id, { container: one.container, startedAt: 0, dueAt, streak: NO_STREAK })
  engine.running.health.delete(one.bot.id)
}

const everyMs = ({ release: { plan } }: BotToRun): number => (plan.health ? plan.health.everySeconds * 1000 : EVERY_MS)

// Multiples of the golden ratio: however many there are, they lie far from each other.
const place = (id: number): number => (id * 0.618_033_988_75) % 1

const lookSafely = async (watch: Watch, one: BotToRun, watched: Watched): Promise<void> => {
  const { engine, signal } = watch
  // While it is looked at it is not due again.
  watched.dueAt = engine.clock.now() + everyMs(one)
  await within(signal, (own) => look({ ...watch, signal: own }, one, watched)).catch((err) => {
    if (!signal.aborted) engine.log.error({ err, bot: one.bot.name }, 'asking a bot for its health failed')
  })
}

const look = async (watch: Watch, one: BotToRun, watched: Watched): Promise<void> => {
  const { engine, signal } = watch
  const { clock, docker, running } = engine
  const { bot, release, container } = one
  if (await isWorkedOn(engine, bot.id)) {
    watched.dueAt = clock.now() + SOON_MS
    return
  }
  const found = await docker.container(container)
  const answers = found?.running && !found.restarting && !found.paused
  if (!answers || found.startedAt !== watched.startedAt) watched.streak = NO_STREAK
  if (!answers) {
    running.health.delete(bot.id)
    return
  }
  watched.startedAt = found.startedAt
  if (!release.plan.health && found.health === 'none') {
    watched.dueAt = Number.POSITIVE_INFINITY
    return
  }
  const finding = await findingOf(engine, { one, found }, signal)
  if (!finding) return
  running.health.set(bot.id, { container, at: clock.now(), ok: finding.ok, found: finding.found })
  // It may take its time to be there.
  const isStarting = clock.now() - found.startedAt < release.plan.gate.readySeconds * 1000
  if (!finding.ok && isStarting) return
  watched.streak = finding.counted ? COUNTED : longer(watched.streak, finding.ok)
  await tell(watch, { one, watched, found: finding.found })
}

type Found = { one: BotToRun; found: Container }

/** `counted`: Docker has seen it fail several times. */
const findingOf = async (
  engine: Engine,
  { one: { bot, release, container }, found }: Found,
  signal: AbortSignal,
): Promise<(HealthFinding & { counted: boolean }) | undefined> => {
  const { plan } = release
  const hidden = hiddenOf(await botSecrets(engine, bot))
  const byImage = imageHealth(found, { hidden, resumedAt: engine.running.resumed.get(container) })
  const question = plan.health && { bot: bot.name, container, plan: plan.health, hidden }
  const own = question && (await askHealth(engine, question, signal))
  const findings = [own, byImage].filter((one) => one !== undefined)
  const failed = findings.filter(({ ok }) => !ok)
  if (findings.length === 0) return undefined
  const shown = failed.length > 0 ? failed : findings
  return { ok: failed.length === 0, found: shown.map((one) => one.found).join('; '), counted: byImage?.ok === false }
}

type Told = { one: BotToRun; watched: Watched; found: string }

const tell = async ({ engine, enqueue }: Queue, { one, watched, found }: Told): Promise<void> => {
  const { streak, told } = watched
  const verdict = verdictOf(streak)
  const now = engine.clock.now()
  if (verdict === undefined) return
  if (told?.verdict === verdict && (verdict === 'good' || now - told.at < AGAIN_MS)) return
  const before = told?.verdict === 'bad' ? told.failures : 0
  const count = Math.max(1, streak.failures - before)
  if (await noteHealth({ engine, enqueue }, one, { ok: verdict === 'good', found, count })) {
    watched.told = { verdict, at: now, failures: streak.failures }
  }
}
