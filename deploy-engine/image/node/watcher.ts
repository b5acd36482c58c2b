import { shellWord, wordsOf } from '../command-line.ts'
import type { SourceTree } from '../source-tree.ts'
import { dependency, type PackageJson } from './package-json.ts'

/**
 * The words that run a TypeScript file: by what the repository has for it, else by Node itself where it can, which
 * refuses enums and parameter properties without the flag.
 */
export const typescriptRunner = (manifest: PackageJson, nodeMajor: number): string[] | undefined => {
  if (dependency(manifest, 'tsx') !== undefined) return ['tsx']
  if (['ts-node', 'ts-node-dev'].some((name) => dependency(manifest, name) !== undefined)) return ['ts-node']
  return nodeMajor >= 22 ? ['node', '--experimental-transform-types'] : undefined
}

export const watches = (script: string): boolean =>
  script.length <= LONGEST_SCRIPT && WATCHERS.some((pattern) => pattern.test(script))

const WATCHERS = [
  /(^|[\s/"'])(nodemon|ts-node-dev|tsnd)([\s"']|$)/,
  /\btsx\s+(.*\s)?(watch|--watch)\b/,
  /\b(node|bun)\s+(.*\s)?--(watch|hot)\b/,
]

/** Looking at a script takes the square of its length. */
const LONGEST_SCRIPT = 2000

/**
 * A script's command without the file watcher around it: a watcher turns a crash into a container that is up.
 * undefined: there is none, or it is used in a way that is not understood.
 */
export const withoutWatcher = (script: string, context: WatcherContext): string | undefined => {
  if (!watches(script)) return undefined
  const [, before = '', watched = ''] = /^(.*&&\s*)?(.*)$/.exec(script.trim()) ?? []
  const [, prefix = '', command = ''] = PREFIX.exec(watched) ?? []
  if (/[|;&<>$`]/.test(command)) return undefined
  const [first = '', ...words] = wordsOf(command)
  const bare = BARE.get(first)?.(words, context)
  return bare === undefined ? undefined : `${before}${prefix.replace(/\bnpx\s+(--yes\s+|-y\s+)?/, '')}${bare}`
}

export type WatcherContext = { tree: SourceTree; manifest: PackageJson; nodeMajor: number }

/** Assignments, cross-env and the like before the command itself. */
const PREFIX = /^((?:(?:cross-env(?:-shell)?|env-cmd|dotenv --|npx(?: --yes| -y)?|[A-Za-z_]\w*=[^\s"'$`]*)\s+)*)(.*)$/

type Bare = (words: string[], context: WatcherContext) => string | undefined

const nodemon: Bare = (words, context) => {
  const { rest, values } = strip(words, {
    flags: /^(-V|--verbose|-q|--quiet|-L|--legacy-watch|-I|--no-stdin|-C|--on-change-only|--exitcrash|--dump)$/,
    valued: /^(-w|--watch|-e|--ext|-i|--ignore|-d|--delay|-s|--signal|--config|--cwd|-x|--exec)$/,
  })
  const exec = values.get('-x') ?? values.get('--exec') ?? configuredExec(context)
  const [file = context.manifest.main] = rest
  if (exec !== undefined) return [exec, ...rest.map(shellWord)].join(' ')
  if (file === undefined) return undefined
  const runner = /\.[cm]?tsx?$/.test(file) ? typescriptRunner(context.manifest, context.nodeMajor) : ['node']
  return runner === undefined ? undefined : [...runner, ...[file, ...rest.slice(1)].map(shellWord)].join(' ')
}

const configuredExec = ({ tree, manifest }: WatcherContext): string | undefined =>
  /"exec"\s*:\s*"((?:[^"\\]|\\["\\/])*)"/.exec(tree.text.get('nodemon.json') ?? '')?.[1]?.replace(/\\(.)/g, '$1') ??
  manifest.nodemonConfig?.exec

const tsNodeDev: Bare = (words) => {
  const { rest } = strip(words, {
    flags: /^--(respawn|rs|exit-child|poll|clear|cls|notify|no-notify|quiet|no-deps|all-deps|deps|tree-kill)$/,
    valued: /^--(watch|ignore-watch|debounce|interval|deps-level)$/,
  })
  return rest.length === 0 ? undefined : ['ts-node', ...rest.map(shellWord)].join(' ')
}

const tsx: Bare = (words) => {
  const { rest } = strip(words, { flags: /^(watch|--watch|--clear-screen)$/, valued: /^--(ignore|include|exclude)$/ })
  return rest.length === 0 ? undefined : ['tsx', ...rest.map(shellWord)].join(' ')
}

const node: Bare = (words) => {
  const { rest } = strip(words, { flags: /^--(watch|watch-preserve-output)$/, valued: /^--watch-path$/ })
  return rest.length === 0 ? undefined : ['node', ...rest.map(shellWord)].join(' ')
}

const bun: Bare = (words) => {
  const { rest } = strip(words, { flags: /^--(watch|hot|no-clear-screen)$/, valued: /^$/ })
  return rest.length === 0 ? undefined : ['bun', ...rest.map(shellWord)].join(' ')
}

const BARE = new Map<string, Bare>([
  ['nodemon', nodemon],
  ['ts-node-dev', tsNodeDev],
  ['tsnd', tsNodeDev],
  ['tsx', tsx],
  ['node', node],
  ['bun', bun],
])

type Options = { flags: RegExp; valued: RegExp }

/** Takes the watcher's own options out; what follows the script's file is the script's. */
const strip = (words: string[], { flags, valued }: Options): { rest: string[]; values: Map<string, string> } => {
  const rest: string[] = []
  const values = new Map<string, string>()
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    const [option = '', value] = word.startsWith('-') ? word.split(/=(.*)/s) : [word]
    if (/\.[cm]?[jt]sx?$/.test(word) && !word.startsWith('-')) return { rest: [...rest, ...words.slice(index)], values }
    if (valued.test(option)) {
      if (value === undefined) index += 1
      values.set(option, value ?? words[index] ?? '')
    } else if (!flags.test(option) && word !== '--') rest.push(word)
  }
  return { rest, values }
}
