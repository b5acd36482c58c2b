import { TbsError } from '../error.ts'
import { failBuiltReleases } from '../records/release.ts'
import { type Run, step } from './journal.ts'
import { killOthers } from './kill-others.ts'
import { lastLines } from './last-lines.ts'
import type { Previous } from './prepare.ts'

type Undo = { next: string; previous: Previous | undefined; reuse: boolean }

/**
 * Kills the new version and starts the old container again; nothing cancels it. Gives the last lines of the new one.
 * Idempotent, since recovery runs it again. Fails loudly with `undo_failed` when the old version does not run.
 */
export const undoSwitch = async (cancellable: Run, undo: Undo): Promise<string[]> => {
  const run: Run = { ...cancellable, signal: new AbortController().signal }
  return step(run, {
    name: 'undo',
    act: async (say) => {
      const { docker } = run.engine
      await killOthers(run, undo.previous?.containerId)
      if (undo.previous) await startAgain(run, undo.previous)
      await say(undo.previous ? `v${undo.previous.release.number} runs again` : 'there was no earlier version')
      const lines = await lastLines(run, undo.next)
      if (!undo.reuse) await docker.removeContainer(undo.next)
      return lines
    },
    commit: (entities) => failBuiltReleases(entities, run.operation.id),
  })
}

const startAgain = async ({ engine, bot }: Run, { containerId, release }: Previous): Promise<void> => {
  try {
    await engine.docker.start(containerId)
    if ((await engine.docker.container(containerId))?.running) return
  } catch (cause) {
    throw undoFailed(bot.name, release.number, cause)
  }
  throw undoFailed(bot.name, release.number)
}

const undoFailed = (bot: string, number: number, cause?: unknown) =>
  new TbsError('undo_failed', `v${number} of ${bot} could not be started again: NOTHING RUNS`, {
    hint: `Look at /logs ${bot} and deploy a working version`,
    cause,
  })
