import { spawn } from 'node:child_process'
import { SetupError } from './setup-error.mjs'

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {Record<string, string>} [env] added to this process's environment
 * @property {AbortSignal} [signal]
 * @property {(pid: number) => void} [stop] what an abort does; default: SIGTERM to the program and all that it started
 */

/**
 * Runs a program to its end and gives what it printed on standard output. Throws a SetupError with the command, how it
 * ended and the first and last lines that it printed.
 * @param {string} program
 * @param {string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<string>}
 */
export async function run(program, args, options = {}) {
  const command = [program, ...args].join(' ')
  const end = await finish(program, args, options).catch((error) => {
    throw new SetupError(`${command} could not be started: ${error.message}`, { cause: error })
  })
  options.signal?.throwIfAborted()
  if (end.code === 0) return end.stdout
  const said = endsOf(`${end.stdout}\n${end.stderr}`.trim().split('\n'))
  throw new SetupError(`${command} ended with ${end.signal ?? `exit code ${end.code}`}:\n${said.join('\n')}`)
}

/**
 * Asks a program something: its trimmed answer, or undefined when it isn't there or fails.
 * @param {string} program
 * @param {string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<string | undefined>}
 */
export async function ask(program, args, options = {}) {
  const end = await finish(program, args, options).catch(() => undefined)
  options.signal?.throwIfAborted()
  return end?.code === 0 ? end.stdout.trim() : undefined
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {CommandOptions} options
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }>}
 */
function finish(program, args, { cwd, env, signal, stop = stopGroup }) {
  signal?.throwIfAborted()
  // Each program leads a group of its own: Ctrl-C in the terminal reaches only this process, which decides how it ends.
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text
  })
  const onAbort = () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) stop(child.pid)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => resolve({ code, signal: killedBy, ...output }))
  }).finally(() => signal?.removeEventListener('abort', onAbort))
}

/** @param {number} pid */
const stopGroup = (pid) => process.kill(-pid, 'SIGTERM')

// Compilers tell the reason last, npm first.
/** @param {string[]} lines */
const endsOf = (lines) => (lines.length <= 25 ? lines : [...lines.slice(0, 12), '…', ...lines.slice(-12)])
