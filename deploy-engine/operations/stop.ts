import { BotSchema } from '../records/bot.ts'
import { changeOperation } from '../records/operation.ts'
import { activeRelease, type Release } from '../records/release.ts'
import { Cancelled } from './end-reasons.ts'
import { type Run, step } from './journal.ts'
import { killOthers } from './kill-others.ts'
import { alreadyStopped, notDeployed } from './pointless.ts'
import { undoSwitch } from './undo.ts'

/**
 * Ends the running version, and has it stay ended, also after a reboot, until /run or a deploy. Idempotent, since
 * recovery does it again when it was cut off.
 */
export const stop = async (run: Run, graceSeconds?: number): Promise<void> => {
  const release = await activeRelease(run.engine.database.read, run.bot.id)
  if (!release) throw notDeployed(run.bot)
  if (run.bot.stoppedAt !== null) throw alreadyStopped(run.bot)
  await endVersion(run, release, graceSeconds)
}

/**
 * SIGTERM and its grace, then the wish is written down. If it is cancelled meanwhile, or Docker refuses, the version
 * is started again.
 */
export const endVersion = async (
  run: Run,
  release: Release,
  graceSeconds: number = release.plan.stopGraceSeconds,
): Promise<void> => {
  let wasRunning = false
  try {
    await step(run, {
      name: 'stop',
      about: `v${release.number}`,
      act: async () => {
        wasRunning = await isRunning(run, release)
        await end(run, release, graceSeconds)
        // Whoever ends the manager does not want the bot back; whoever cancels does.
        if (run.signal.reason instanceof Cancelled) throw run.signal.reason
      },
      commit: async (entities) => {
        await entities.update(BotSchema, { id: run.bot.id }, { stoppedAt: run.engine.clock.now() })
        const outcome = { stopped: release.number, running: null }
        await changeOperation(entities, run.operation.id, { outcome })
      },
    })
  } catch (error) {
    if (wasRunning) await startAgain(run, release)
    throw error
  }
}

const isRunning = async ({ engine }: Run, { containerId }: Release): Promise<boolean> =>
  containerId !== null && (await engine.docker.container(containerId))?.running === true

const end = async (run: Run, { containerId }: Release, graceSeconds: number): Promise<void> => {
  const { docker } = run.engine
  if (containerId !== null && (await docker.container(containerId))) {
    await docker.setRestart(containerId, 'no')
    await docker.stop(containerId, graceSeconds, run.signal)
  }
  await killOthers(run, undefined)
}

const startAgain = async (run: Run, release: Release): Promise<void> => {
  if (release.containerId === null) return
  await undoSwitch(run, { next: undefined, previous: { release, containerId: release.containerId }, reuse: true })
}
