import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { lines, type Ran, type RunOptions, type Streams, type Target } from './target.ts'

/** Runs programs here. What runs when the signal aborts is ended, and what it was for rejects. */
export const thisMachine = (signal: AbortSignal): Target => ({
  name: 'this machine',
  run: (argv, options = {}) => run(argv, options, signal),
  attach: (argv, streams) => attach(argv, streams, signal),
  close: () => {},
})

const run = ([program = '', ...args]: readonly string[], options: RunOptions, signal: AbortSignal): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const { stdin = '', onLine = () => {} } = options
    const child = spawn(program, args, { stdio: 'pipe', signal })
    const ran = { stdout: '', stderr: '' }
    const hear = lines(onLine)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        ran[name] += text
        hear(text)
      })
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      // As sh says of a program that is not there.
      if (error.code === 'ENOENT') resolve({ code: 127, stdout: '', stderr: `${program}: not found` })
      else reject(error)
    })
    child.once('close', (code) => resolve({ code: code ?? 1, ...ran }))
    // A program that does not read to the end is no failure: its code tells.
    pipeline(typeof stdin === 'string' ? Readable.from([stdin]) : stdin, child.stdin).catch(() => undefined)
  })

const attach = ([program = '', ...args]: readonly string[], streams: Streams, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    // In a group of its own: Ctrl-C is for whoever called this.
    const child = spawn(program, args, { stdio: 'pipe', signal, detached: true })
    child.stdout.pipe(streams.stdout, { end: false })
    child.stderr.pipe(streams.stderr, { end: false })
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
    // As above.
    child.stdin.on('error', () => {})
    streams.stdin.pipe(child.stdin)
  })
