import { type ErrorCode, messageOf, TbsError } from '../error.ts'
import { logAbout } from '../log-about.ts'
import type { Engine } from '../ports.ts'
import { botById } from '../records/bot.ts'
import { changeOperation, type Operation, OperationSchema, type Outcome, operationById } from '../records/operation.ts'
import { activeRelease, failBuiltReleases } from '../records/release.ts'
import { redact } from '../secret.ts'
import { backup } from './backups/backup.ts'
import { BuildError } from './build-image.ts'
import { deploy } from './deploy.ts'
import { dockerSettled } from './docker-back.ts'
import { Cancelled, Interrupted } from './end-reasons.ts'
import { expectedError } from './expected-error.ts'
import type { Run } from './journal.ts'
import { refuseLocked } from './locks.ts'
import { prune } from './prune.ts'
import { remove } from './remove.ts'
import { RequiredError } from './required-variables.ts'
import { restart } from './restart.ts'
import { restore } from './restores/restore.ts'
import { rollback } from './rollback.ts'
import { bringUp } from './run.ts'
import { botSecrets, hiddenOf } from './secrets.ts'
import { stop } from './stop.ts'
import { SwitchError } from './switch.ts'
import { tidyBot } from './tidy.ts'
import { whenWritable } from './when-writable.ts'

const verbs = { deploy, rollback, restart, stop, run: bringUp, remove, prune, backup, restore }

/** Carries out one queued operation and writes down how it ended. Never throws: the queue goes on. */
export const perform = async (engine: Engine, queued: Operation): Promise<void> => {
  const operation = await whenWritable(engine, () => begin(engine, queued))
  if (!operation) return
  const controller = new AbortController()
  engine.running.controllers.set(operation.id, controller)
  try {
    const run = await newRun(engine, operation, controller.signal)
    const { log } = run.engine
    const { kind } = operation
    log.info({ kind, requestedBy: operation.requestedBy }, 'an operation begins')
    const end = await carryOut(run)
    await whenWritable(engine, () => finish(engine, operation.id, end))
    const { code } = end.outcome?.error ?? {}
    log.info({ kind, state: end.state, ...(code !== undefined && { code }) }, 'an operation has ended')
  } catch (error) {
    // The database or the key is out of reach: recovery settles the operation at the next start.
    engine.log.error({ err: error, operation: operation.id }, 'an operation could not be finished')
  } finally {
    engine.running.controllers.delete(operation.id)
  }
}

/** Secrets that can't be read must not keep the operation from ending with that very message. */
export const newRun = async (engine: Engine, operation: Operation, signal: AbortSignal): Promise<Run> => {
  const bot = await botById(engine.database.read, operation.botId)
  const secrets = await botSecrets(engine, bot).then(hiddenOf, () => [])
  const log = logAbout(engine.log, { operation: operation.id, bot: bot.name })
  return { engine: { ...engine, log }, operation, bot, secrets, signal }
}

type End = { state: 'succeeded' | 'failed' | 'cancelled'; outcome?: Outcome }

/** undefined: somebody else has begun or ended it. */
const begin = (engine: Engine, { id }: Operation): Promise<Operation | undefined> =>
  engine.database.transaction(async (entities) => {
    if (!(await entities.existsBy(OperationSchema, { id, state: 'queued' }))) return undefined
    await changeOperation(entities, id, { state: 'running', startedAt: engine.clock.now() })
    return operationById(entities, id)
  })

const carryOut = async (run: Run): Promise<End> => {
  try {
    refuseLocked(run.engine, run.bot, run.operation)
    await verbs[run.operation.kind](run)
    return { state: 'succeeded' }
  } catch (error) {
    const outage = !run.engine.running.ending && (await dockerSettled(run)) ? dockerAway(run, error) : undefined
    await leaveNothing(run)
    const outcome = await failureOutcome(run, outage ?? error)
    return { state: outcome.error?.code === 'cancelled' ? 'cancelled' : 'failed', outcome }
  }
}

// Whatever broke then broke for that reason. What is worse than that is said as it is.
const dockerAway = (run: Run, cause: unknown): TbsError | undefined => {
  if (cause instanceof TbsError && cause.code === 'undo_failed') return undefined
  const message = 'Docker was stopped or restarted meanwhile'
  return new TbsError('docker_unreachable', message, { hint: againHint(run), cause })
}

// What failed first is what is said; what can't be removed now is removed by the next operation or start.
const leaveNothing = async ({ engine, bot, operation }: Run): Promise<void> => {
  const fail = () => engine.database.transaction((entities) => failBuiltReleases(entities, operation.id))
  await whenWritable(engine, fail)
  // There is little time, and the next start tidies up.
  if (engine.running.ending) return
  await tidyBot(engine, bot).catch((error) => {
    engine.log.warn({ err: error }, 'tidying up after a failed operation failed')
  })
}

export const finish = async (engine: Engine, id: number, { state, outcome }: End): Promise<void> => {
  const ended = { state, endedAt: engine.clock.now() }
  await engine.database.transaction(async (entities) => {
    const warnings = (await operationById(entities, id))?.outcome?.warnings
    const whole = outcome && { outcome: { ...(warnings && { warnings }), ...outcome } }
    await changeOperation(entities, id, { ...ended, ...whole })
  })
  engine.changes.emit({ operation: id })
}

const failureOutcome = async (run: Run, error: unknown): Promise<Outcome> => {
  const { code, message, hint } = reasonFor(run, error)
  return {
    running: await runningRelease(run),
    error: { code, message: redact(message, run.secrets), ...(hint && { hint }) },
    ...(error instanceof BuildError && error.buildLines.length > 0 && { buildLines: error.buildLines }),
    ...(error instanceof SwitchError && error.logLines.length > 0 && { logLines: error.logLines }),
    ...(error instanceof RequiredError && { missing: error.missing }),
    ...(error instanceof SwitchError && error.missing && { missing: error.missing }),
  }
}

const reasonFor = (run: Run, error: unknown): { code: ErrorCode; message: string; hint?: string | undefined } => {
  // Whyever it was stopped: nothing could be put back, and that is what has to be said.
  if (error instanceof TbsError && error.code === 'undo_failed') return error
  const { reason } = run.signal
  if (reason instanceof Cancelled) return { code: 'cancelled', message: reason.message }
  if (reason instanceof Interrupted) {
    return { code: 'interrupted', message: reason.message, hint: againHint(run) }
  }
  const expected = expectedError(error)
  if (expected) return expected
  run.engine.log.error({ err: error }, 'an operation failed by a bug')
  return { code: 'internal', message: `Internal error: ${messageOf(error)}` }
}

/** What to type in order to ask for the same again. */
export const againHint = ({ operation: { kind, args }, bot }: Pick<Run, 'operation' | 'bot'>): string => {
  const verb = kind === 'remove' ? 'removebot' : args.volume === undefined ? kind : 'volume'
  if (kind === 'restore') return `Again: /restore ${bot.name} ${args.back ? 'undo' : (args.backup ?? '')}`.trim()
  const more = args.ref ?? args.release ?? args.volume ?? (args.data ? 'data' : '')
  const flag = args.noBackup ? ' --nobackup' : ''
  return `Again: /${verb} ${bot.name} ${more}`.trim() + flag
}

/** Number of the release whose container runs at this moment, as Docker says; null when none does. */
export const runningRelease = async ({ engine, bot }: Pick<Run, 'engine' | 'bot'>): Promise<number | null> => {
  const active = await activeRelease(engine.database.read, bot.id)
  if (!active?.containerId) return null
  const container = await engine.docker.container(active.containerId)
  return container?.running ? active.number : null
}
