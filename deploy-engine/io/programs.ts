import { spawn } from 'node:child_process'
import { TbsError } from '../error.ts'
import type { ProgramsPort } from '../ports.ts'

const LAST = 4_000

/** Programs of this host, given their arguments as they are, and of our environment nothing but what they need. */
export const localPrograms = (environment: Readonly<Record<string, string>>): ProgramsPort => ({
  run: ([program = '', ...args], { env, limitMs, signal }) =>
    new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new TbsError('program_failed', `${program} ${why}`))
      const over = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
      // A group of its own: what it has started ends with it.
      const child = spawn(program, args, {
        env: { ...environment, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      })
      const end = () => {
        if (child.pid !== undefined) killGroup(child.pid)
      }
      let printed = ''
      const hear = (chunk: Buffer) => {
        printed = (printed + chunk.toString('utf8')).slice(-LAST)
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      over.addEventListener('abort', end, { once: true })
      if (over.aborted) end()
      child.once('error', (error) => fail(`could not be started: ${error.message}`))
      child.once('close', (code) => {
        over.removeEventListener('abort', end)
        if (signal.aborted) reject(signal.reason)
        else if (over.aborted) fail(`did not end within ${Math.round(limitMs / 60_000)} min`)
        else if (code === 0) resolve()
        else fail(`ended with code ${code}${lastLine(printed)}`)
      })
    }),
})

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

const lastLine = (printed: string): string => {
  const last = printed.trim().split('\n').at(-1) ?? ''
  return last === '' ? '' : `: ${last}`
}
