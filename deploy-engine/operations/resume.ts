import { messageOf, TbsError } from '../error.ts'
import type { Operation } from '../records/operation.ts'
import type { Step } from '../records/step.ts'
import { expectedError } from './expected-error.ts'
import type { Run } from './journal.ts'
import { finish, runningRelease } from './perform.ts'
import { remove } from './remove.ts'
import { stop } from './stop.ts'

// Quick, and their end is clear: whoever stopped or removed a bot does not want it back.
const RESUMED: Partial<Record<Operation['kind'], (run: Run, graceSeconds: number) => Promise<void>>> = { stop, remove }

// The manager's start waits for it, and the version has had its SIGTERM.
const GRACE_SECONDS = 5

export const isResumed = ({ kind }: Operation): boolean => RESUMED[kind] !== undefined

/** It was cancelled, or had failed, before it was through. */
export const isToBeUndone = ({ kind, cancelRequested }: Operation, steps: readonly Step[]): boolean =>
  !isThrough(kind, steps) && (cancelRequested || steps.some(({ name }) => name === 'undo'))

// The step that matters is named after the verb.
const isThrough = (kind: Operation['kind'], steps: readonly Step[]): boolean =>
  steps.some(({ name, state }) => name === kind && state === 'done')

/** Finishes an operation that was cut off. Fails only while Docker is away. */
export const resume = async (run: Run, steps: readonly Step[]): Promise<void> => {
  const { engine, operation } = run
  try {
    if (!isThrough(operation.kind, steps)) await RESUMED[operation.kind]?.(run, GRACE_SECONDS)
    await finish(engine, operation.id, { state: 'succeeded' })
  } catch (cause) {
    const expected = expectedError(cause)
    if (expected?.code === 'docker_unreachable') throw cause
    if (!expected) engine.log.error({ err: cause }, 'an operation failed by a bug')
    const { code, message, hint } = expected ?? new TbsError('internal', `Internal error: ${messageOf(cause)}`)
    const error = { code, message, ...(hint && { hint }) }
    await finish(engine, operation.id, { state: 'failed', outcome: { running: await runningRelease(run), error } })
  }
}
