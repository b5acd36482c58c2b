import type { Readable, Writable } from 'node:stream'
import { TbsError } from '../../../deploy-engine/index.ts'

/** A machine on which programs can be run: this one, or a server over SSH. */
export type Target = {
  /** For people: "this machine", "root@vps.example.org". */
  name: string
  /** Runs a program with its arguments as they are. Whatever code it ends with is an answer. */
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>
  /** Runs a program as if it ran here: bytes go through as they come. Gives the code that it ends with. */
  attach(argv: readonly string[], streams: Streams): Promise<number>
  close(): void
}

export type Streams = { stdin: Readable; stdout: Writable; stderr: Writable }

export type RunOptions = {
  stdin?: string | Readable
  /** Told of each line that it prints, as it comes. */
  onLine?(line: string): void
}

export type Ran = { code: number; stdout: string; stderr: string }

/** What it printed on standard output. Fails with `command_failed` when it ends with another code than 0. */
export const must = async (target: Target, argv: readonly string[], options: RunOptions = {}): Promise<string> => {
  const ran = await target.run(argv, options)
  if (ran.code === 0) return ran.stdout
  throw new TbsError('command_failed', `${shown(argv)} ended with code ${ran.code}${lastLines(ran)}`)
}

/** The same without its last line break, or undefined when it fails. */
export const ask = async (target: Target, argv: readonly string[]): Promise<string | undefined> => {
  const { code, stdout } = await target.run(argv)
  return code === 0 ? stdout.trim() : undefined
}

/** A small program for sh, whose arguments are arguments and never part of it. */
export const script = (text: string, ...args: string[]): string[] => ['sh', '-c', text, 'sh', ...args]

/** Calls back with whole lines of what comes in pieces. */
export const lines = (onLine: (line: string) => void): ((chunk: string) => void) => {
  let rest = ''
  return (chunk) => {
    const parts = (rest + chunk).split(/\r?\n/)
    rest = parts.pop() ?? ''
    for (const part of parts) if (part.trim() !== '') onLine(part)
  }
}

const WORDS = 6
const LAST_LINES = 5

const shown = (argv: readonly string[]): string => {
  const words = argv[0] === 'sh' && argv[1] === '-c' ? ['a script'] : argv
  return words.length > WORDS ? `${words.slice(0, WORDS).join(' ')} …` : words.join(' ')
}

const lastLines = ({ stdout, stderr }: Ran): string => {
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  return said.length === 0 ? '' : `:\n${said.slice(-LAST_LINES).join('\n')}`
}
