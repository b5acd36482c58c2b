import { type ErrorCode, TbsError } from '../error.ts'
import type { ContainerSpec } from '../ports.ts'
import { type Run, step } from './journal.ts'
import { runOnce } from './run-once.ts'

const LIMIT_MS = 60_000

/** A release hook that failed, with the last lines that it printed. */
export class HookError extends TbsError {
  readonly logLines: string[]

  constructor(code: ErrorCode, message: string, logLines: string[]) {
    super(code, message, { hint: 'Correct hooks.release in tbs.yaml, or what it runs, and deploy again' })
    this.logLines = logLines
  }
}

/**
 * Runs the release's own command on its data, in its image, while no version runs, and gives its last line. Fails with
 * a HookError.
 */
export const runReleaseHook = (run: Run, spec: ContainerSpec): Promise<string> =>
  step(run, {
    name: 'hook',
    act: async () => {
      const { exitCode, lines } = await runOnce(run, spec, { signal: run.signal, limitMs: LIMIT_MS })
      if (exitCode === undefined) throw new HookError('hook_timeout', 'The release hook did not end within 60 s', lines)
      if (exitCode !== 0) throw new HookError('hook_failed', `The release hook exited with code ${exitCode}`, lines)
      return lines.at(-1) ?? 'done'
    },
    found: (lastLine) => lastLine,
  })
