import { rememberedTokens } from '../../operations/tokens.ts'
import type { Engine } from '../../ports.ts'
import { remembered } from '../../remembered.ts'
import { clockJumps } from '../../steady-clock.ts'
import { workedOnBots } from '../bots-to-run.ts'
import { type ActiveBot, activeBots } from './active-bots.ts'
import { withOthers } from './look-again.ts'
import { lookAtBot, lookLater, type Round } from './look-at-bot.ts'
import { type ProbeTurns, probeTurns } from './probe-turns.ts'
import { endTogether } from './together.ts'
import { isFine, newWatched, type Watched } from './watched.ts'

export type LivenessWatch = { enqueue(operation: number): Promise<void>; signal: AbortSignal }

/** About once a minute, and often enough to find a deaf one within four. */
const EVERY_MS = 38_000
/** With more bots than sixty the looks of a minute are bounded: a hundred. */
const EACH_MS = 600
const AT_ONCE = 16
const REFRESH_MS = 3_000
const BREATH_MS = 200
const AFTER_ERROR_MS = 5_000
/** Corrections of a clock that runs well are far smaller. */
const JUMP_MS = 2_000

/**
 * Looks at the active version of each bot that is to run, until the signal aborts: seldom and at little cost where
 * there is no doubt. Unproven ones become live or make room for the version before; a deaf one is started anew, once,
 * and told of.
 */
export const watchLiveness = async (engine: Engine, { enqueue, signal }: LivenessWatch): Promise<void> => {
  const { clock, running } = engine
  const jumped = clockJumps(clock)
  const shared = { engine, all: new Map(), looking: new Map(), turns: probeTurns(), tokenOf: rememberedTokens(engine) }
  const active = remembered(engine, () => activeBots(engine))
  const workedOn = remembered(engine, () => workedOnBots(engine))
  const watch: Watch = { ...shared, active, workedOn, jumped, enqueue, signal }
  running.lookNow = (bot) => lookNow(watch, bot)
  while (!signal.aborted) {
    const next = await round(watch).catch((error) => {
      if (!signal.aborted) engine.log.error({ err: error }, 'watching whether bots take their updates failed')
      return clock.now() + AFTER_ERROR_MS
    })
    const ms = Math.min(Math.max(next - clock.now(), BREATH_MS), REFRESH_MS)
    // An abort ends the loop.
    await clock.sleep(ms, signal).catch(() => undefined)
  }
  delete running.lookNow
  await Promise.allSettled(watch.looking.values())
}

type Watch = LivenessWatch & {
  engine: Engine
  all: Map<number, Watched>
  tokenOf: Round['tokenOf']
  workedOn: Round['workedOn']
  looking: Map<number, Promise<void>>
  turns: ProbeTurns
  active(): ReturnType<typeof activeBots>
  listed?: Listed
  /** How far the clock was set since it was last asked. */
  jumped(): number
}

type Listed = { bots: ActiveBot[]; everyMs: number; at: number }

/** Begins the looks whose time has come; gives when there is more to do. */
const round = async (watch: Watch): Promise<number> => {
  const { engine, all, looking, turns } = watch
  // Between a look before and one after it, updates would seem to have waited for as long as the clock was set.
  if (Math.abs(watch.jumped()) > JUMP_MS) {
    all.clear()
    delete watch.listed
  }
  const { bots, everyMs } = await listed(watch)
  const now = engine.clock.now()
  const waiting = bots.filter(({ bot }) => !looking.has(bot.id)).sort((a, b) => dueAt(all, a) - dueAt(all, b))
  let next = now + REFRESH_MS
  for (const active of waiting) {
    const watched = all.get(active.bot.id)
    if (!watched || watched.again.at > now) return Math.min(next, watched?.again.at ?? next)
    if (looking.size >= AT_ONCE) return now
    const { probe, usage } = watched.again
    const unproven = active.release.proof === 'unproven'
    // What is decided within seconds does not wait.
    if (probe === 'urgent' && !unproven && !turns.take('urgent', now)) {
      next = now + BREATH_MS
      continue
    }
    const network = probe === 'urgent' || (probe === 'spare' && turns.take('spare', now))
    void look(watch, active, { network, usage: usage || probe === 'urgent', everyMs })
  }
  return next
}

// Reading all bots costs more than a look at one.
const listed = async (watch: Watch): Promise<Listed> => {
  const { engine } = watch
  const now = engine.clock.now()
  if (watch.listed && now - watch.listed.at < REFRESH_MS) return watch.listed
  const { bots, together } = await watch.active()
  const everyMs = paceOf(bots)
  keepUp(watch, bots, everyMs)
  if (together) await endTogether(engine, together, (name) => isSettled(watch, bots, name))
  watch.listed = { bots, everyMs, at: now }
  return watch.listed
}

const paceOf = (bots: readonly ActiveBot[]): number => Math.max(EVERY_MS, bots.length * EACH_MS)

// Well, or not to run, or with an incident of its own.
const isSettled = ({ engine, all }: Watch, bots: readonly ActiveBot[], name: string): boolean => {
  const active = bots.find(({ bot }) => bot.name === name)
  const watched = active && all.get(active.bot.id)
  if (!active || !watched) return true
  return isFine(watched, engine.clock.now()) || active.incidents.some(({ kind }) => kind === 'deaf')
}

const dueAt = (all: Watch['all'], { bot }: ActiveBot): number => all.get(bot.id)?.again.at ?? 0

// At the start of the manager the first looks are spread, later a new version is looked at once.
const keepUp = ({ engine, all }: Watch, bots: readonly ActiveBot[], everyMs: number): void => {
  const now = engine.clock.now()
  const begins = all.size === 0
  for (const id of all.keys()) {
    if (bots.some(({ bot }) => bot.id === id)) continue
    all.delete(id)
    engine.running.liveness.delete(id)
  }
  for (const [index, { bot, release, container }] of bots.entries()) {
    if (all.get(bot.id)?.container === container) continue
    const later = begins && release.proof === 'live' ? (index / bots.length) * everyMs : 0
    all.set(bot.id, newWatched(container, later > 0 ? withOthers(now + later) : now))
    engine.running.liveness.delete(bot.id)
  }
}

type Manner = { network: boolean; usage: boolean; everyMs: number }

const look = (watch: Watch, active: ActiveBot, manner: Manner): Promise<void> => {
  const { engine, all, looking, signal } = watch
  const { id, name } = active.bot
  const watched = all.get(id)
  if (!watched) return Promise.resolve()
  const settled = lookAtBot(watch, { active, watched, ...manner })
    .catch((error) => {
      lookLater(watched, engine.clock.now() + AFTER_ERROR_MS)
      if (!signal.aborted) engine.log.error({ err: error, bot: name }, 'looking whether a bot takes its updates failed')
    })
    .finally(() => looking.delete(id))
  looking.set(id, settled)
  return settled
}

/** Looks at once, with all that there is. Nothing happens for a bot that is not to run, or is being worked on. */
const lookNow = async (watch: Watch, id: number): Promise<void> => {
  const { looking } = watch
  const { bots } = await watch.active()
  const active = bots.find(({ bot }) => bot.id === id)
  const everyMs = paceOf(bots)
  keepUp(watch, bots, everyMs)
  while (looking.has(id)) await looking.get(id)
  if (active) await look(watch, active, { network: true, usage: true, everyMs })
}
