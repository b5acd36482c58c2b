import { existsSync } from 'node:fs'
import type { Environment } from '../../data-dir.ts'
import { placesOf } from '../install/places.ts'

/** A verb that is carried out by the manager on a server, or by the one that is installed on this machine. */
export type Elsewhere = {
  /** undefined: this machine. */
  host: string | undefined
  options: { instance?: string; port?: string; key?: string; fingerprint?: string }
  /** The verb and all that belongs to it, as it was typed. */
  words: string[]
}

/** They are about the machine on which they are typed, or about no manager at all. */
export const ONLY_HERE: readonly string[] = [
  ...['install', 'upgrade', 'uninstall', 'demo', 'validate', 'serve', 'healthcheck', 'explain', 'help'],
  // Of the container that replaces the manager.
  ...['begin-upgrade', 'carry-out-upgrade'],
]

/** Where a command line is to be carried out; undefined: by this process. `state`: whether this place has any. */
export const elsewhere = (
  argv: readonly string[],
  { env, state, exists = existsSync }: { env: Environment; state: boolean; exists?(path: string): boolean },
): Elsewhere | undefined => {
  const { host, words, ...options } = taken(argv)
  if (host !== undefined) return { host, options, words }
  const verb = verbOf(argv)
  if (state || verb === undefined || ONLY_HERE.includes(verb) || asksForHelp(argv)) return undefined
  const { settings, data } = placesOf(env.TBS_INSTANCE || 'tbs')
  return exists(settings) && exists(data) ? { host: undefined, options: {}, words: [...argv] } : undefined
}

export const verbOf = (words: readonly string[]): string | undefined => words.find((word) => !word.startsWith('-'))

type Taken = Elsewhere['options'] & { host?: string; words: string[] }

const OURS = ['host', 'instance', 'port', 'key', 'fingerprint'] as const

// What is behind -- belongs to somebody else's program.
const taken = (argv: readonly string[]): Taken => {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const result: Taken = { words: [] }
  for (let at = 0; at < end; at++) {
    const word = argv[at] ?? ''
    const name = OURS.find((one) => word === `--${one}` || word.startsWith(`--${one}=`))
    if (name === undefined) result.words.push(word)
    else if (word.includes('=')) result[name] = word.slice(word.indexOf('=') + 1)
    else if (at + 1 < end) result[name] = argv[++at] ?? ''
    else result.words.push(word)
  }
  return { ...result, words: [...result.words, ...argv.slice(end)] }
}

const asksForHelp = (argv: readonly string[]): boolean => {
  const own = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length)
  return own.includes('--help') || own.includes('-h')
}
