import type { Container } from '../ports.ts'
import { type Observation, observationOf } from '../records/observation.ts'
import type { BotToRun } from './bots-to-run.ts'
import { endNow } from './end-now.ts'
import { noteExits } from './exits.ts'
import { type Exits, type Happening, happened } from './happened.ts'
import { asInspected, inspect } from './inspection.ts'
import { noteGone, noteStopped } from './stopped.ts'
import { openIncidentOf, remember, type Watch, type Watched, whileWatched } from './watched.ts'

/** Looks at what became of a bot's container since the last look, and writes down what a person should know of it. */
export const lookAt = (watch: Watch, botId: number): Promise<void> =>
  whileWatched(watch, botId, async (watched) => {
    const { engine } = watch
    const found = await inspect(engine, watched.containerId)
    const seen = await observationOf(engine.database.read, watched.containerId)
    // Of a time before there was a watch nothing is told.
    if (!seen) return found && remember(engine, watched, found)
    if (found?.running) watch.stoppedSince.delete(watched.bot.id)
    const happenings = happened(seen, found)
    if (found?.running && happenings.length === 0) watch.quiet.set(watched.bot.id, found)
    else watch.quiet.delete(watched.bot.id)
    // Exits are written down together with what was seen: else a kill in between would tell them twice, or never.
    const isNoted = happenings.some(({ kind }) => kind === 'exits')
    if (found && !isNoted && hasChanged(seen, found)) await remember(engine, watched, found)
    for (const happening of happenings) await note(watch, watched, { happening, found })
  })

/**
 * What was seen last is still so, as far as others have inspected it meanwhile: a look with all that belongs to it
 * would find nothing. `running`: containers that run now.
 */
export const isAsBefore = async (
  { engine, quiet }: Watch,
  { bot, container }: BotToRun,
  running: ReadonlySet<string>,
): Promise<boolean> => {
  const before = quiet.get(bot.id)
  if (before?.id !== container || !running.has(container)) return false
  const found = await asInspected(engine, container)
  return found !== undefined && !hasChanged(before, found)
}

const note = async (
  watch: Watch,
  watched: Watched,
  { happening, found }: { happening: Happening; found: Container | undefined },
): Promise<void> => {
  if (happening.kind === 'exits' && found)
    return noteExits(watch, watched, { found, exits: withCode(watch, watched, happening) })
  if (happening.kind === 'stopped') return noteStopped(watch, watched, happening)
  if (happening.kind === 'gone') return noteGone(watch, watched)
  return noteStarted(watch, watched)
}

// Docker's clock for events and for inspections is the same, their roundings are not.
const SAME_EXIT_MS = 100

const withCode = ({ codes }: Watch, { containerId }: Watched, exits: Exits): Exits => {
  if (exits.exitCode !== undefined) return exits
  const told = codes.get(containerId)?.findLast(({ at }) => Math.abs(at - exits.at) <= SAME_EXIT_MS)
  return told ? { ...exits, exitCode: told.exitCode } : exits
}

const noteStarted = async ({ engine }: Watch, { bot }: Watched): Promise<void> => {
  const incident = await openIncidentOf(engine, bot.id, ['stopped', 'start_failure'])
  if (incident) await endNow(engine, incident, 'it runs again')
}

const hasChanged = (
  seen: Pick<Observation, 'running' | 'startedAt' | 'finishedAt' | 'restarts'>,
  { running, startedAt, finishedAt, restarts }: Container,
): boolean =>
  seen.running !== running ||
  seen.startedAt !== startedAt ||
  seen.finishedAt !== finishedAt ||
  seen.restarts !== restarts
