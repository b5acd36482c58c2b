import { variablesOf } from '../container/container-spec.ts'
import type { Verdict } from '../container/evidence.ts'
import { passGate } from '../container/gate.ts'
import { type MissingVariables, missingVariables } from '../container/missing-variables.ts'
import { messageOf, TbsError } from '../error.ts'
import { addWarnings, changeOperation, offerVolumes, operationById } from '../records/operation.ts'
import type { Release } from '../records/release.ts'
import type { Secret } from '../secret.ts'
import { changeData } from './change-data.ts'
import { type DataOutside, dataOutside } from './data-outside.ts'
import { expectedError } from './expected-error.ts'
import { type Run, step } from './journal.ts'
import { moveIntoVolume, withChosenVolumes } from './keep-in-volume.ts'
import { killOthers } from './kill-others.ts'
import { withOwnSettings } from './own-settings.ts'
import { type Prepared, prepare } from './prepare.ts'
import { record } from './record.ts'
import { HookError } from './release-hook.ts'
import { tidyBot } from './tidy.ts'
import { undoSwitch } from './undo.ts'

/** What a failed switch knows besides its reason: what the new version printed last. */
export class SwitchError extends TbsError {
  readonly logLines: string[]
  /** Variables for whose lack it exited, as it says. */
  readonly missing: MissingVariables | undefined

  constructor(reason: TbsError, logLines: string[], set: Readonly<Record<string, Secret | string>>) {
    super(reason.code, reason.message, { ...(reason.hint && { hint: reason.hint }), cause: reason })
    this.logLines = reason instanceof HookError ? reason.logLines : logLines
    this.missing = reason.code === 'exited' ? missingVariables(logLines, set) : undefined
  }
}

/**
 * Replaces the running version by a release, stop first, since two pollers of one token harm each other. The new one
 * is kept when it passes the gate; else the old container is started again and the reason is thrown.
 * `reuse` is a stopped container of that release to start instead of a fresh one.
 */
export const switchTo = async (run: Run, target: Release, reuse?: string): Promise<void> => {
  const release = withOwnSettings(run, withChosenVolumes(run, target))
  const prepared = await prepare(run, release, reuse)
  let gapMs: number | undefined
  try {
    const stoppedAt = await stopPrevious(run, prepared)
    await changeData(run, prepared.data)
    await moveIntoVolume(run, { from: prepared.previous?.containerId, to: prepared.next })
    const startedAt = await startNext(run, prepared)
    if (stoppedAt !== undefined) gapMs = Math.max(0, startedAt - stoppedAt)
    await gate(run, release, prepared)
    await record(run, release, { next: prepared.next, gapMs })
  } catch (error) {
    const logLines = await undoSwitch(run, { ...prepared, reuse: reuse !== undefined })
    const expected = expectedError(error)
    const { settings } = run.engine
    throw expected
      ? new SwitchError(expected, logLines, variablesOf({ settings, release, ...prepared.secrets }))
      : error
  }
  await prune(run, release, prepared.next)
}

const stopPrevious = async (run: Run, { previous }: Prepared): Promise<number | undefined> => {
  if (!previous) return undefined
  const { docker } = run.engine
  return step(run, {
    name: 'stop',
    about: `v${previous.release.number}`,
    act: async () => {
      const before = await docker.container(previous.containerId)
      if (!before?.running) return undefined
      // It has its SIGTERM already when a cancel comes: the sooner it is gone, the sooner it can be started again.
      await docker.stop(previous.containerId, previous.release.plan.stopGraceSeconds, run.signal)
      const stopped = await docker.container(previous.containerId)
      if (stopped?.running) throw new TbsError('not_stopped', `v${previous.release.number} could not be stopped`)
      return stopped?.finishedAt
    },
  })
}

const startNext = (run: Run, { next }: Prepared): Promise<number> =>
  step(run, {
    name: 'start',
    act: async () => {
      await killOthers(run, next)
      await run.engine.docker.start(next)
      return (await run.engine.docker.container(next))?.startedAt ?? run.engine.clock.now()
    },
  })

type Pass = Extract<Verdict, { kind: 'pass' }>

const gate = (run: Run, release: Release, { next, secrets }: Prepared): Promise<Pass> =>
  step<Pass>(run, {
    name: 'gate',
    act: async (say) => {
      const candidate = {
        bot: run.bot.name,
        username: run.bot.username,
        container: next,
        token: secrets.token,
        gate: release.plan.gate,
      }
      return passGate(run.engine, candidate, { say, signal: run.signal })
    },
    found: ({ evidence }) => evidence,
    commit: async (entities, { proof }) => {
      // Of the operation until it is recorded: if that does not come about, the release is what it was.
      const outcome = (await operationById(entities, run.operation.id))?.outcome
      await changeOperation(entities, run.operation.id, { outcome: { ...outcome, proof } })
    },
  })

// What it writes was looked at when it ran for the first time, and Docker takes a while to compare.
const isKnown = ({ operation }: Run): boolean => operation.kind === 'rollback'
const NOTHING_NEW: DataOutside = { directories: [], warnings: [] }

// The release is active by now: neither a late cancel nor trouble in tidying up may make a failure of it.
const prune = (cancellable: Run, release: Release, container: string): Promise<DataOutside> => {
  const run: Run = { ...cancellable, signal: new AbortController().signal }
  return step(run, {
    name: 'prune',
    act: async () => {
      const { directories, warnings } = isKnown(run) ? NOTHING_NEW : await dataOutside(run, release, container)
      const kept = await tidyBot(run.engine, run.bot).catch((error) => {
        run.engine.log.warn({ err: error }, 'tidying up after a switch failed')
        return [`Cleaning up failed and is tried again with the next operation: ${messageOf(error)}`]
      })
      return { directories, warnings: [...warnings, ...kept] }
    },
    commit: async (entities, { directories, warnings }) => {
      await addWarnings(entities, run.operation.id, warnings)
      await offerVolumes(entities, run.operation.id, directories)
    },
  })
}
