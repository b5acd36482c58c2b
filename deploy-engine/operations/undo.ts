import { messageOf, TbsError } from '../error.ts'
import { addWarnings } from '../records/operation.ts'
import { failBuiltReleases } from '../records/release.ts'
import { stepsOf } from '../records/step.ts'
import { undoDataChange } from './change-data.ts'
import { throughRestarts } from './docker-back.ts'
import { type Run, step } from './journal.ts'
import { dropNewVolume } from './keep-in-volume.ts'
import { removeVersion } from './keep-log.ts'
import { killOthers } from './kill-others.ts'
import { lastLines } from './last-lines.ts'
import type { Previous } from './prepare.ts'
import { cannotWrite } from './when-writable.ts'

type Undo = { next: string | undefined; previous: Previous | undefined; reuse: boolean }

/**
 * Kills the new version, makes the data again what it was and starts the old container; nothing cancels it. Gives the
 * last lines of the new one. A bot that was stopped stays so. Idempotent, since recovery runs it again. Fails loudly
 * with `undo_failed` when the old version does not run.
 */
export const undoSwitch = async (cancellable: Run, undo: Undo): Promise<string[]> => {
  const run: Run = { ...cancellable, signal: new AbortController().signal }
  try {
    const { logLines } = await step(run, {
      name: 'undo',
      act: (say) => putBack(run, undo, say),
      commit: async (entities, { warnings }) => {
        await failBuiltReleases(entities, run.operation.id)
        await addWarnings(entities, run.operation.id, warnings)
      },
    })
    return logLines
  } catch (error) {
    if (!cannotWrite(error)) throw error
    // That nothing can be written down must not keep the old version from running.
    run.engine.log.warn({ reason: messageOf(error) }, 'undone without a journal')
    return (await putBack(run, undo, async () => {})).logLines
  }
}

type Say = (detail: string) => Promise<void>

const putBack = async (run: Run, { next, previous, reuse }: Undo, say: Say) => {
  const { engine } = run
  const warnings = await throughRestarts(engine, async () => {
    await killOthers(run, previous?.containerId)
    const warnings = await dataAsBefore(run)
    if (previous && !staysStopped(run)) await startAgain(run, previous)
    return warnings
  })
  await say(whatNow(run, previous))
  if (next === undefined) return { logLines: [], warnings }
  const logLines = await lastLines(run, next)
  if (!reuse) await removeVersion(engine, run.bot, next)
  await dropNewVolume(run)
  return { logLines, warnings }
}

const staysStopped = ({ bot }: Run): boolean => bot.stoppedAt !== null

const whatNow = (run: Run, previous: Previous | undefined): string => {
  if (!previous) return 'there was no earlier version'
  return `v${previous.release.number} ${staysStopped(run) ? 'stays stopped' : 'runs again'}`
}

// The old version must not meet half of its data: then nothing runs, and the copy stays for the next switch.
const dataAsBefore = async (run: Run): Promise<string[]> => {
  try {
    return await undoDataChange(run)
  } catch (cause) {
    const message = `The data of ${run.bot.name} could not be put back, so NOTHING RUNS: ${messageOf(cause)}`
    const hint = `Its copy is kept. Look at the disk and at Docker; the next /deploy ${run.bot.name} puts it back first`
    throw new TbsError('undo_failed', message, { hint, cause })
  }
}

const startAgain = async (run: Run, { containerId, release }: Previous): Promise<void> => {
  const { engine, bot } = run
  try {
    if (await isBeingStopped(run)) await engine.docker.kill(containerId)
    await engine.docker.setRestart(containerId, 'unless-stopped')
    await engine.docker.unpause(containerId)
    await engine.docker.start(containerId)
    if ((await engine.docker.container(containerId))?.running) return
  } catch (cause) {
    throw undoFailed(bot.name, release.number, cause)
  }
  throw undoFailed(bot.name, release.number)
}

// Docker goes on stopping a container when nobody waits for it any more: what runs now would soon be gone.
const isBeingStopped = async ({ engine, operation }: Run): Promise<boolean> =>
  (await stepsOf(engine.database.read, operation.id)).some(({ name, state }) => name === 'stop' && state !== 'done')

const undoFailed = (bot: string, number: number, cause?: unknown) =>
  new TbsError('undo_failed', `v${number} of ${bot} could not be started again: NOTHING RUNS`, {
    hint: `Look at /logs ${bot} and deploy a working version`,
    cause,
  })
