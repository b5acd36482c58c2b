import { join } from 'node:path'
import { botContainerLabels, instanceLabels } from '../container/labels.ts'
import type { Engine } from '../ports.ts'
import { allBots, type Bot } from '../records/bot.ts'
import { type Operation, type Outcome, unfinishedOperations } from '../records/operation.ts'
import { activeRelease, failBuiltReleases, type Release, ReleaseSchema } from '../records/release.ts'
import { stepsOf } from '../records/step.ts'
import { expectedError } from './expected-error.ts'
import type { Run } from './journal.ts'
import { againHint, finish, newRun, runningRelease } from './perform.ts'
import type { Previous } from './prepare.ts'
import { record } from './record.ts'
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
  await engine.files.remove(join(engine.settings.dataDir, 'tmp'))
  await removeProbes(engine)
  const unfinished = await unfinishedOperations(engine.database.read)
  for (const operation of unfinished.filter(({ state }) => state === 'running')) await settle(engine, operation)
  for (const bot of await allBots(engine.database.read)) {
    await tidyBot(engine, bot)
    await keepRunning(engine, bot)
  }
  return queuedOperations(engine)
}

const settle = async (engine: Engine, operation: Operation): Promise<void> => {
  const run = await newRun(engine, operation, new AbortController().signal)
  const steps = await stepsOf(engine.database.read, operation.id)
  const ended = (name: string) => steps.some((step) => step.name === name && step.state === 'done')
  const last = steps.at(-1)?.name
  engine.log.info({ operation: operation.id, bot: run.bot.name, last }, 'settling an operation that was cut off')
  if (ended('record')) return finish(engine, operation.id, { state: 'succeeded' })
  if (ended('gate') && !steps.some(({ name }) => name === 'undo') && (await finishForward(run))) return
  const release = await touchedRelease(run)
  if (release && steps.some(({ name }) => name === 'prepare')) await goBack(run, release)
  else await engine.database.transaction((entities) => failBuiltReleases(entities, operation.id))
  await finish(engine, operation.id, await interrupted(run, last))
}

const finishForward = async (run: Run): Promise<boolean> => {
  const release = await touchedRelease(run)
  const next = release && (await nextContainer(run, release))
  if (!next || !(await run.engine.docker.container(next))?.running) return false
  await record(run, release, { next })
  await finish(run.engine, run.operation.id, { state: 'succeeded' })
  return true
}

/** The release that the operation was bringing up: one it built, or the one it was to go back to. */
const touchedRelease = async ({ engine, operation, bot }: Run): Promise<Release | undefined> => {
  const { read } = engine.database
  const built = await read.findOneBy(ReleaseSchema, { botId: bot.id, operationId: operation.id, state: 'built' })
  if (built || operation.kind === 'deploy') return built ?? undefined
  if (operation.kind === 'restart') return activeRelease(read, bot.id)
  const number = operation.args.release ?? 0
  return (await read.findOneBy(ReleaseSchema, { botId: bot.id, number })) ?? undefined
}

const goBack = async (run: Run, release: Release): Promise<void> => {
  const previous = await previousVersion(run)
  const own = await ownContainer(run)
  const next = own ?? (await nextContainer(run, release)) ?? ''
  await undoSwitch(run, { next, previous, reuse: own === undefined })
}

const previousVersion = async ({ engine, bot }: Run): Promise<Previous | undefined> => {
  const active = await activeRelease(engine.database.read, bot.id)
  return active?.containerId ? { release: active, containerId: active.containerId } : undefined
}

/** The container that the operation was to bring up: its own, or the kept one that it was starting again. */
const nextContainer = async (run: Run, release: Release): Promise<string | undefined> =>
  (await ownContainer(run)) ?? (release.state === 'active' ? undefined : (release.containerId ?? undefined))

const ownContainer = async ({ engine, bot, operation }: Run): Promise<string | undefined> => {
  const labels = { ...botContainerLabels(engine.settings.instance, bot.name), 'tbs.operation': String(operation.id) }
  return (await engine.docker.containers(labels))[0]?.id
}

const interrupted = async (run: Run, last: string | undefined): Promise<{ state: 'failed'; outcome: Outcome }> => {
  const where = last ? `during “${last}”` : 'before its first step'
  const error = {
    code: 'interrupted',
    message: `The manager was stopped ${where} and has put things back`,
    hint: againHint(run),
  }
  return { state: 'failed', outcome: { running: await runningRelease(run), error } }
}

// Cut off between the gate and this, the active container would not come back after a reboot.
const keepRunning = async ({ docker, database }: Engine, bot: Bot): Promise<void> => {
  const active = await activeRelease(database.read, bot.id)
  const container = active?.containerId ? await docker.container(active.containerId) : undefined
  if (container && container.restart !== 'unless-stopped') await docker.setRestart(container.id, 'unless-stopped')
}

const removeProbes = async ({ docker, settings }: Engine): Promise<void> => {
  const probes = await docker.containers({ ...instanceLabels(settings.instance), 'tbs.role': 'probe' })
  for (const { id } of probes) await docker.removeContainer(id)
}
