import { join } from 'node:path'
import { botContainerLabels, instanceLabels } from '../container/labels.ts'
import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { allBots, type Bot } from '../records/bot.ts'
import { isHeldBack } from '../records/incident.ts'
import {
  addWarnings,
  changeOperation,
  type Operation,
  type Outcome,
  unfinishedOperations,
} from '../records/operation.ts'
import { activeRelease, failBuiltReleases, type Release, ReleaseSchema } from '../records/release.ts'
import { type Step, stepsOf } from '../records/step.ts'
import { dropUnfinished } from './backups/backup-files.ts'
import { expire } from './backups/expire.ts'
import { resume } from './backups/pause.ts'
import { expectedError } from './expected-error.ts'
import type { Run } from './journal.ts'
import { listingOnce } from './listing-once.ts'
import { mirrorPath } from './mirror-path.ts'
import { againHint, finish, newRun, runningRelease } from './perform.ts'
import type { Previous } from './prepare.ts'
import { record } from './record.ts'
import { finishRestarts } from './restart-in-place.ts'
import { leaveAsBefore } from './restores/restore.ts'
import { resume as finishLate, isResumed, isToBeUndone } from './resume.ts'
import { tidyBot } from './tidy.ts'
import { undoSwitch } from './undo.ts'
import { queuedOperations } from './view.ts'

/**
 * Settles what a killed manager left behind, before anything new is begun: each operation in doubt is finished or
 * undone, and containers, images and files that belong to nothing are removed. Gives the ids of queued operations.
 * Fails with `docker_unreachable`.
 */
export const recover = (engine: Engine): Promise<number[]> =>
  settleAll(engine).catch((error) => {
    throw expectedError(error) ?? error
  })

const settleAll = async (engine: Engine): Promise<number[]> => {
  await resumeFrozen(engine)
  await engine.files.remove(join(engine.settings.dataDir, 'tmp'))
  await removeShortLived(engine)
  const unfinished = await unfinishedOperations(engine.database.read)
  for (const operation of unfinished.filter(({ state }) => state === 'running')) await settle(engine, operation)
  await finishRestarts(engine)
  const bots = await allBots(engine.database.read)
  const listing = listingOnce(engine)
  for (const bot of bots) {
    const warnings = await tidyBot(listing, bot)
    const settled = unfinished.findLast(({ botId, state }) => botId === bot.id && state === 'running')
    await tell(engine, bot, { warnings, settled })
    await keepRunning(engine, bot)
  }
  await removeNetworks(engine, bots)
  return queuedOperations(engine)
}

const settle = async (engine: Engine, operation: Operation): Promise<void> => {
  const run = await newRun(engine, operation, new AbortController().signal)
  const steps = await stepsOf(engine.database.read, operation.id)
  const ended = (name: string) => steps.some((step) => step.name === name && step.state === 'done')
  const last = steps.at(-1)?.name
  run.engine.log.info({ last }, 'settling an operation that was cut off')
  await dropUnfinished(run)
  await engine.git.tidy(mirrorPath(engine, run.bot))
  if (ended('pack')) await expire(run)
  if (operation.kind === 'backup' && ended('pack')) return finish(engine, operation.id, { state: 'succeeded' })
  if (operation.kind === 'remove' && !isToBeUndone(operation, steps) && backsUp(last)) return beginAgain(run)
  if (ended('record')) return finish(engine, operation.id, { state: 'succeeded' })
  if (isResumed(operation) && !isToBeUndone(operation, steps)) return finishLate(run, steps)
  if (ended('gate') && !steps.some(({ name }) => name === 'undo') && (await finishForward(run))) return
  const release = await touchedRelease(run)
  await finish(engine, operation.id, await undone(run, { release, steps }))
}

// A backup takes as long as the data is large: nobody is to wait for that at the start.
const backsUp = (last: string | undefined): boolean => ['measure', 'copy', 'pack'].includes(last ?? '')

const beginAgain = async ({ engine, operation }: Run): Promise<void> => {
  await engine.database.transaction((entities) =>
    changeOperation(entities, operation.id, { state: 'queued', startedAt: null }),
  )
}

const undone = async (run: Run, { release, steps }: { release: Release | undefined; steps: Step[] }): Promise<End> => {
  const { engine, operation } = run
  try {
    if (release && steps.some(({ name }) => name === 'prepare' || name === 'stop')) await goBack(run, release)
    else await engine.database.transaction((entities) => failBuiltReleases(entities, operation.id))
    await leaveAsBefore(run)
    return await interrupted(run, steps.at(-1)?.name)
  } catch (error) {
    // That nothing runs has to be said, and the other bots are to be settled all the same.
    if (!(error instanceof TbsError) || error.code !== 'undo_failed') throw error
    const { code, message, hint } = error
    return { state: 'failed', outcome: { running: null, error: { code, message, ...(hint && { hint }) } } }
  }
}

type End = { state: 'failed'; outcome: Outcome }

const finishForward = async (run: Run): Promise<boolean> => {
  const release = await touchedRelease(run)
  const next = release && (await nextContainer(run, release))
  if (!next || !(await run.engine.docker.container(next))?.running) return false
  await record(run, release, { next })
  await finish(run.engine, run.operation.id, { state: 'succeeded' })
  return true
}

/** The release that the operation was bringing up: one it built, or the one it was to go back to. */
const touchedRelease = async (run: Run): Promise<Release | undefined> => {
  const { engine, operation, bot } = run
  const { read } = engine.database
  const built = await read.findOneBy(ReleaseSchema, { botId: bot.id, operationId: operation.id, state: 'built' })
  if (built || operation.kind === 'deploy') return built ?? undefined
  if (['restart', 'run', 'stop'].includes(operation.kind)) return activeRelease(read, bot.id)
  const number = operation.kind === 'restore' ? await ownRelease(run) : (operation.args.release ?? 0)
  return (await read.findOneBy(ReleaseSchema, { botId: bot.id, number })) ?? undefined
}

const goBack = async (run: Run, release: Release): Promise<void> => {
  const previous = await previousVersion(run)
  const own = await ownContainer(run)
  const next = own ?? (await nextContainer(run, release))
  await undoSwitch(run, { next, previous, reuse: own === undefined })
}

const previousVersion = async ({ engine, bot }: Run): Promise<Previous | undefined> => {
  const active = await activeRelease(engine.database.read, bot.id)
  return active?.containerId ? { release: active, containerId: active.containerId } : undefined
}

/** The container that the operation was to bring up: its own, or the kept one that it was starting again. */
const nextContainer = async (run: Run, release: Release): Promise<string | undefined> =>
  (await ownContainer(run)) ?? (release.state === 'active' ? undefined : (release.containerId ?? undefined))

const ownContainer = async (run: Run): Promise<string | undefined> => (await ownContainers(run))[0]?.id

/** Its number. */
const ownRelease = async (run: Run): Promise<number> =>
  Number((await ownContainers(run))[0]?.labels['tbs.release'] ?? 0)

const ownContainers = ({ engine, bot, operation }: Run) => {
  const labels = { ...botContainerLabels(engine.settings.instance, bot.name), 'tbs.operation': String(operation.id) }
  return engine.docker.containers(labels)
}

const interrupted = async (run: Run, last: string | undefined): Promise<End> => {
  const where = last ? `during “${last}”` : 'before its first step'
  const error = {
    code: 'interrupted' as const,
    message: `The manager was stopped ${where} and has put things back`,
    hint: againHint(run),
  }
  return { state: 'failed', outcome: { running: await runningRelease(run), error } }
}

// Cut off between the gate and this, the active container would not come back after a reboot.
const keepRunning = async ({ docker, database }: Engine, bot: Bot): Promise<void> => {
  if (bot.stoppedAt !== null) return
  const active = await activeRelease(database.read, bot.id)
  const container = active?.containerId ? await docker.container(active.containerId) : undefined
  if (container && (await isHeldBack(database.read, container.id))) return
  if (container && container.restart !== 'unless-stopped') await docker.setRestart(container.id, 'unless-stopped')
}

// First of all: nobody answers for a bot that was frozen for a backup when the manager was killed.
const resumeFrozen = async (engine: Engine): Promise<void> => {
  const labels = { ...instanceLabels(engine.settings.instance), 'tbs.role': 'bot' }
  const containers = await engine.docker.containers(labels)
  await resume(
    engine,
    containers.flatMap(({ id, paused }) => (paused ? [id] : [])),
  )
}

// Probes and tasks that the killed manager started would go on working under the hands of this one.
const removeShortLived = async ({ docker, settings }: Engine): Promise<void> => {
  for (const role of ['probe', 'task']) {
    const left = await docker.containers({ ...instanceLabels(settings.instance), 'tbs.role': role })
    for (const { id } of left) await docker.removeContainer(id)
  }
}

type Told = { warnings: string[]; settled: Operation | undefined }

// Where the person looks: at the operation that was cut off, else at the one that brought up what runs.
const tell = async (engine: Engine, bot: Bot, { warnings, settled }: Told): Promise<void> => {
  const id = settled?.id ?? (await activeRelease(engine.database.read, bot.id))?.operationId
  if (warnings.length === 0 || id === undefined) return
  await engine.database.transaction((entities) => addWarnings(entities, id, warnings))
  engine.changes.emit({ operation: id })
}

// Docker keeps those that a container is still attached to.
const removeNetworks = async ({ docker, settings }: Engine, bots: readonly Bot[]): Promise<void> => {
  const known = bots.map(({ name }) => name)
  const networks = await docker.networks(instanceLabels(settings.instance))
  for (const { id, labels } of networks) if (!known.includes(labels['tbs.bot'] ?? '')) await docker.removeNetwork(id)
}
