import { botContainerLabels } from '../../container/labels.ts'
import { messageOf, TbsError } from '../../error.ts'
import type { Engine } from '../../ports.ts'
import { within } from '../../within.ts'
import { throughRestarts } from '../docker-back.ts'
import { Interrupted } from '../end-reasons.ts'
import type { Run } from '../journal.ts'

/** Longer nobody wants to wait for an answer. */
export const PAUSE_LIMIT_MS = 20_000

/**
 * Does something while what runs of a bot is frozen where it is, for 20 s at most. It goes on in every case, whatever
 * becomes of the work. Fails with `too_slow`, `not_paused` or `still_paused`.
 */
export const whilePaused = async <T>(
  run: Run,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; pausedMs: number }> => {
  const { clock } = run.engine
  const running = await runningContainers(run)
  if (running.length === 0) return { result: await work(run.signal), pausedMs: 0 }
  const begun = clock.elapsed()
  const result = await frozen(run, running, work).finally(() => goOn(run, running))
  return { result, pausedMs: clock.elapsed() - begun }
}

/** Those that would have to be frozen. */
export const runningContainers = async ({ engine, bot }: Run): Promise<string[]> => {
  const labels = botContainerLabels(engine.settings.instance, bot.name)
  return (await engine.docker.containers(labels)).flatMap(({ id, running }) => (running ? [id] : []))
}

const frozen = async <T>(run: Run, containers: string[], work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const { docker, clock } = run.engine
  const over = new AbortController()
  const late = new AbortController()
  const limit = clock.sleep(PAUSE_LIMIT_MS, over.signal).then(
    () => late.abort(tooSlow(run.bot.name)),
    () => undefined,
  )
  try {
    for (const id of containers) await docker.pause(id)
    const result = await within(AbortSignal.any([run.signal, late.signal]), work)
    // Killed and started again meanwhile, it may have written into what was being copied.
    for (const id of containers) if (!(await docker.container(id))?.paused) throw notPaused(run.bot.name)
    return result
  } catch (error) {
    run.signal.throwIfAborted()
    late.signal.throwIfAborted()
    throw error
  } finally {
    over.abort()
    await limit
  }
}

const goOn = async (run: Run, containers: readonly string[]): Promise<void> => {
  try {
    await throughRestarts(run.engine, () => resume(run.engine, containers))
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause
    const message = `${run.bot.name} is still frozen and ANSWERS NOBODY: ${messageOf(cause)}`
    throw new TbsError('still_paused', message, { hint: `/restart ${run.bot.name} brings it back`, cause })
  }
}

/** What was frozen goes on. What its image's HEALTHCHECK said meanwhile is no sign of anything. */
export const resume = async ({ docker, clock, running }: Engine, containers: readonly string[]): Promise<void> => {
  for (const id of containers) {
    if (!(await docker.container(id))?.paused) continue
    await docker.unpause(id)
    running.resumed.set(id, clock.now())
  }
}

/** `bytes`: absent when it was found out by trying. */
export const tooSlow = (bot: string, bytes?: string): TbsError =>
  new TbsError(
    'too_slow',
    `The data of ${bot}${bytes === undefined ? '' : ` takes ${bytes} and`} can’t be copied within ` +
      `${PAUSE_LIMIT_MS / 1000} s; longer no bot is frozen`,
    { hint: `Back it up while it is stopped: /stop ${bot}, /backup ${bot}, /run ${bot}` },
  )

const notPaused = (bot: string): TbsError =>
  new TbsError('not_paused', `${bot} did not stay frozen while its data was copied, so nothing was kept of the copy`, {
    hint: `See /logs ${bot}, then try again`,
  })
