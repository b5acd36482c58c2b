import { type ChildProcess, spawn } from 'node:child_process'
import { TbsError } from '../../error.ts'

/** git ended with something else than success. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed'
  readonly stderr: string

  constructor(verb: string, stderr: string) {
    super(`git ${verb} failed: ${stderr.trim().slice(-500)}`)
    this.stderr = stderr
  }
}

export type GitRun = {
  cwd: string
  env: Record<string, string>
  signal: AbortSignal
  /** Ends it when nothing was printed for so long. */
  silentMs?: number
  /** Gets standard output instead of the result; what it throws ends git and is thrown. */
  onOutput?: (chunk: Buffer) => void
}

const KILL_MS = 1000
const STDERR_LENGTH = 32 * 1024
const OUTPUT_BYTES = 64 * 1024 ** 2

/**
 * Runs git as the leader of a process group of its own, so that ssh, index-pack and the rest end with it: within a
 * second of the signal. Gives what it printed. Fails with GitFailed, the signal's reason, or `fetch_stalled`.
 */
export const runGit = async (args: readonly string[], run: GitRun): Promise<string> => {
  run.signal.throwIfAborted()
  const child = spawn('git', args, { cwd: run.cwd, env: run.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = new AbortController()
  const onAbort = () => stop.abort(run.signal.reason)
  run.signal.addEventListener('abort', onAbort, { once: true })
  const heard = listen(child, run, (reason) => stop.abort(reason))
  try {
    const code = await endOf(child, stop.signal)
    stop.signal.throwIfAborted()
    if (code === 0) return heard.output().trim()
    throw new GitFailed(args.find((arg) => /^[a-z]/.test(arg)) ?? '', heard.errors())
  } finally {
    heard.end()
    run.signal.removeEventListener('abort', onAbort)
  }
}

/** Waits until the process and all that it started are gone; an abort ends them. */
const endOf = async (child: ChildProcess, stop: AbortSignal): Promise<number | null> => {
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    // git removes its lock files on SIGTERM, so it gets the chance.
    signalGroup(child, 'SIGTERM')
    killing = setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_MS)
  }
  stop.addEventListener('abort', end, { once: true })
  child.once('exit', () => signalGroup(child, 'SIGKILL'))
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted(cause)))
      child.once('close', (code) => resolve(code))
    })
  } finally {
    clearTimeout(killing)
    stop.removeEventListener('abort', end)
  }
}

const signalGroup = ({ pid }: ChildProcess, signal: NodeJS.Signals): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

const listen = (child: ChildProcess, { silentMs, onOutput }: GitRun, stop: (reason: unknown) => void) => {
  const chunks: Buffer[] = []
  let size = 0
  let errors = ''
  const silence = silentMs === undefined ? undefined : setTimeout(() => stop(stalled(silentMs)), silentMs)
  child.stdout?.on('data', (chunk: Buffer) => {
    silence?.refresh()
    size += chunk.length
    if (!onOutput && size > OUTPUT_BYTES) return stop(new Error('git printed more than anybody asked for'))
    try {
      if (onOutput) onOutput(chunk)
      else chunks.push(chunk)
    } catch (error) {
      stop(error)
    }
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    silence?.refresh()
    errors = (errors + chunk.toString('utf8')).slice(-STDERR_LENGTH)
  })
  return {
    output: () => Buffer.concat(chunks).toString('utf8'),
    errors: () => errors,
    end: () => clearTimeout(silence),
  }
}

const stalled = (ms: number) =>
  new TbsError('fetch_stalled', `The git server sent nothing for ${ms / 1000} s, so the fetch was ended`, {
    hint: 'Is the server well? Try again when it is',
  })

const notStarted = (cause: Error) =>
  new TbsError('git_missing', `git could not be started: ${cause.message}`, {
    hint: 'Install git on the machine that the manager runs on',
    cause,
  })
