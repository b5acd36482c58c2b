import type { EntityManager } from 'typeorm'
import { messageOf } from '../error.ts'
import { botSecrets, hiddenOf } from '../operations/secrets.ts'
import type { BotUsage, Container, Engine } from '../ports.ts'
import { type Incident, type IncidentDetail, type IncidentKind, noteSign, openIncidents } from '../records/incident.ts'
import { lastGoodRelease } from '../records/release.ts'
import { redact } from '../secret.ts'
import { EXIT_KINDS, isCrashLoop, withExit } from './crash-loop.ts'
import { joinFleet } from './fleet.ts'
import type { Exits } from './happened.ts'
import { holdBack, pauseAgain } from './hold.ts'
import { usageOf } from './resources.ts'
import { rememberIn, type Watch, type Watched } from './watched.ts'

const LINES = 20

/**
 * Writes down that a bot ended without being asked to: into its open incident, else a new one. Whoever only crashes is
 * held back, unless it is not the bot's fault.
 */
export const noteExits = async (watch: Watch, watched: Watched, { found, exits }: Ended): Promise<void> => {
  const { engine } = watch
  const logLines = await lastWords(engine, watched, exits.at)
  const noted = await engine.database.transaction(async (entities) => {
    await rememberIn(entities, watched, found)
    const taken = usageOf(engine, watched.bot.id)
    const incident = await noteSign(entities, await signOf(entities, watched, { exits, logLines, taken }))
    return { incident, fleet: await joinFleet(entities, exits) }
  })
  const { incident, fleet } = noted
  const { id, kind, count } = incident
  engine.log.warn({ bot: watched.bot.name, incident: id, kind, count, exitCode: exits.exitCode }, 'a bot has ended')
  for (const changed of [id, ...fleet]) engine.changes.emit({ incident: changed })
  if (incident.detail.hold) await pauseAgain(watch, incident)
  else if (isCrashLoop(incident.detail.exits ?? [])) await holdBack(watch, watched, incident)
}

/** The exits, and how the container was found after them. */
type Ended = { found: Container; exits: Exits }

type Seen = { exits: Exits; logLines: string[]; taken: BotUsage | undefined }

const signOf = async (entities: EntityManager, { bot, release }: Watched, { exits, logLines, taken }: Seen) => {
  const { count, at, exitCode, outOfMemory, uptimeMs } = exits
  const open = (await openIncidents(entities, bot.id)).find(({ kind }) => EXIT_KINDS.includes(kind))
  const good = await lastGoodRelease(entities, bot.id, release.number)
  const detail: IncidentDetail = {
    release: release.number,
    ...(good && { lastGood: good.number }),
    // Of this exit, also where the one before was known better.
    ...(open && { exitCode: undefined, uptimeMs: undefined }),
    ...(exitCode !== undefined && { exitCode }),
    ...(uptimeMs !== undefined && { uptimeMs }),
    outOfMemory,
    ...(taken && { memoryBytes: taken.memoryBytes, memoryLimitBytes: taken.memoryLimitBytes }),
    exits: withExit(open?.detail.exits, at),
    logLines,
  }
  return {
    botId: bot.id,
    kind: kindOf(open, outOfMemory),
    fingerprint: outOfMemory ? 'out of memory' : `exit ${exitCode ?? 'unknown'}`,
    at,
    count,
    detail,
    family: EXIT_KINDS,
  }
}

const kindOf = (open: Incident | undefined, outOfMemory: boolean): IncidentKind => {
  if (open?.kind === 'crash_loop') return 'crash_loop'
  return outOfMemory ? 'out_of_memory' : 'crash'
}

const lastWords = async (engine: Engine, { bot, containerId }: Watched, untilMs: number): Promise<string[]> => {
  try {
    const hidden = hiddenOf(await botSecrets(engine, bot))
    const output = redact(await engine.docker.logs(containerId, { tail: LINES, untilMs: untilMs + 1 }), hidden)
    return output.split('\n').filter((line) => line.trim() !== '')
  } catch (error) {
    // That it crashed is to be told in any case.
    engine.log.warn({ bot: bot.name, error: messageOf(error) }, 'the last words of a bot could not be read')
    return []
  }
}
