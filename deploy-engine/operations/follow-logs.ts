import type { Engine, LogLine } from '../ports.ts'
import { type Bot, botByName, registeredBot } from '../records/bot.ts'
import { activeRelease } from '../records/release.ts'
import { expectedError } from './expected-error.ts'
import { type LogPart, type LogRequest, matching, readLines, type Search, sinceOf } from './logs.ts'
import { notDeployed } from './pointless.ts'
import { botSecrets, hiddenOf } from './secrets.ts'

/** Gives redacted lines as they come, until the signal aborts or the bot is removed. */
export type FollowLogs = (onLines: (part: LogPart) => void, signal: AbortSignal) => Promise<'removed' | 'aborted'>

/**
 * Follows what a bot prints: the last lines of its container, then further ones, also of whatever takes that
 * container's place. Fails with `unknown_bot` or `not_deployed` before it begins.
 */
export const followLogs = async (engine: Engine, name: string, request: LogRequest): Promise<FollowLogs> => {
  const bot = await botByName(engine.database.read, name)
  if (!(await placeNow(engine, bot))) throw notDeployed(bot)
  return (onLines, signal) => follow(engine, { bot, request, onLines }, signal)
}

type Following = { bot: Bot; request: LogRequest; onLines(part: LogPart): void }

const follow = async (engine: Engine, following: Following, signal: AbortSignal): Promise<'removed' | 'aborted'> => {
  const { bot } = following
  let place = await placeNow(engine, bot)
  const seen = place ? await past(engine, following, place) : {}
  while (!signal.aborted) {
    if (place) await present(engine, { ...following, place, seen }, signal)
    await engine.clock.sleep(LOOK_MS, signal).catch(() => {})
    if ((await registeredBot(engine.database.read, bot.name))?.id !== bot.id) return 'removed'
    place = await placeNow(engine, bot)
  }
  return 'aborted'
}

/** How soon it is noticed that it runs again, that another container is the bot's, or that there is no bot any more. */
const LOOK_MS = 1_000

type Place = { release: number; container: string }

/** Until when all is known; versions print one after the other. */
type Seen = { untilMs?: number }

const placeNow = async ({ database }: Engine, { id }: Bot): Promise<Place | undefined> => {
  const release = await activeRelease(database.read, id)
  return release?.containerId ? { release: release.number, container: release.containerId } : undefined
}

// Of the moment: what was a secret when it was printed is one still, as a rule.
const hidden = async (engine: Engine, bot: Bot) => hiddenOf(await botSecrets(engine, bot))

const past = async (engine: Engine, { bot, request, onLines }: Following, place: Place): Promise<Seen> => {
  const search: Search = { ...request, ...sinceOf(engine, request), hidden: await hidden(engine, bot) }
  const raw = await readLines(engine, place.container, search)
  tell(place, matching(raw, search).slice(-search.lines), onLines)
  const untilMs = raw.at(-1)?.at ?? search.sinceMs
  return untilMs === undefined ? {} : { untilMs }
}

type Present = Following & { place: Place; seen: Seen }

/** As long as this container runs, or Docker. */
const present = async (engine: Engine, parts: Present, signal: AbortSignal): Promise<void> => {
  try {
    await followContainer(engine, parts, signal)
  } catch (error) {
    // Docker is away, or the bot was removed just now: that shows at the next look.
    if (!expectedError(error)) throw error
  }
}

const followContainer = async (
  engine: Engine,
  { bot, place, seen, request, onLines }: Present,
  signal: AbortSignal,
): Promise<void> => {
  const { grep, lines } = request
  const search: Search = { lines, ...(grep !== undefined && { grep }), hidden: await hidden(engine, bot) }
  const since = seen.untilMs === undefined ? {} : { sinceMs: seen.untilMs }
  const onRaw = (raw: LogLine[]) => {
    seen.untilMs = raw.at(-1)?.at ?? 0
    tell(place, matching(raw, search), onLines)
  }
  await engine.docker.followLogs(place.container, { ...since, onLines: onRaw }, signal)
}

const tell = ({ release }: Place, lines: LogPart['lines'], onLines: Following['onLines']): void => {
  if (lines.length > 0) onLines({ release, current: true, lines })
}
