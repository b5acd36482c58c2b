import { TbsError } from '../../error.ts'
import { commandOf, plainWords } from '../command-line.ts'
import { hintedCommands, lastingWords } from '../hinted-start.ts'
import { isSource, type SourceTree } from '../source-tree.ts'
import { type PackageJson, packageJsonPlace, usesBun } from './package-json.ts'
import { typescriptRunner, watches, withoutWatcher } from './watcher.ts'

export type Start = {
  command: string[]
  evidence: string
  /** Shell text of the scripts that run at start; empty when a file is run directly. */
  script: string
}

export type StartContext = {
  tree: SourceTree
  manifest: PackageJson
  nodeMajor: number
  /** Whether a build makes files that the repository does not have. */
  isBuilt: boolean
}

/** What starts the bot: the start script, the one script that is meant for it, or a file with an obvious name. */
export const nodeStart = (context: StartContext): Start => {
  const { manifest } = context
  const meant = ['start', 'start:prod', 'prod', 'production', 'bot', 'start:bot'].find((name) => manifest.scripts[name])
  const others = ['serve', 'server', 'main', 'distribute', 'dev'].filter((name) => manifest.scripts[name])
  const name = meant ?? (others.length === 1 ? others[0] : undefined)
  const start = name === undefined ? (hintedStart(context) ?? startOfFile(context)) : startOfScript(context, name)
  if (!isServerless(context, start)) return start
  throw serverless(context.tree)
}

/** A handler for somebody else's machines; what starts it there is no program that keeps running. */
const isServerless = ({ tree, manifest }: StartContext, { script, command }: Start): boolean => {
  if (!tree.files.some((path) => SERVERLESS.includes(path))) return false
  const isEmulator = /\b(vercel|netlify|wrangler|serverless|sls|func|firebase)\b/.test(`${script} ${command.join(' ')}`)
  return isEmulator || (script === '' && manifest.scripts.start === undefined && !polls(tree))
}

const SERVERLESS = ['vercel.json', 'netlify.toml', 'wrangler.toml', 'wrangler.jsonc', 'wrangler.json', 'serverless.yml']

const polls = (tree: SourceTree): boolean =>
  [...tree.text].some(
    ([path, text]) => isSource(path) && /\.launch\(|startPolling|polling:|\.start\(|\.listen\(|\brun\(/.test(text),
  )

const serverless = (tree: SourceTree): TbsError => {
  const file = tree.files.find((path) => SERVERLESS.includes(path))
  return new TbsError('cannot_detect', `This is made for serverless functions (${file}): no program keeps running`, {
    hint: 'If there is one that polls or listens, name it: run: { command: … } in tbs.yaml',
  })
}

/** What Procfile, Dockerfile, compose file or README start, if it is a program that is there. */
const hintedStart = ({ tree, manifest }: StartContext): Start | undefined => {
  for (const { text, place } of hintedCommands(tree)) {
    const [program = '', ...words] = lastingWords(text) ?? []
    const file = words.find((word) => !word.startsWith('-'))
    const runsFile = /^(node|bun|tsx|ts-node)$/.test(program) && file !== undefined && tree.files.includes(clean(file))
    const script = program === 'npm' && words[0] === 'run' ? words[1] : undefined
    const runsScript = script !== undefined && Object.hasOwn(manifest.scripts, script)
    if (runsFile || runsScript) return { command: commandOf(text), evidence: `start: ${text} (${place})`, script: text }
  }
  return undefined
}

const startOfScript = (context: StartContext, asked: string): Start => {
  const { tree, manifest } = context
  const name = followed(manifest, asked)
  const script = manifest.scripts[name] ?? ''
  const hooks = [manifest.scripts[`pre${name}`], manifest.scripts[`post${name}`]]
  const place = packageJsonPlace(tree, name, 'scripts')
  const bare = withoutWatcher(script, context)
  const run = (command: string[], evidence: string): Start => ({
    command,
    evidence: `${name} script: ${evidence} (${place})`,
    script: [hooks[0], bare ?? script, hooks[1]].filter(Boolean).join(' && '),
  })

  if (bare !== undefined) {
    const command = hooks[0] ? `npm run pre${name} && ${bare}` : bare
    return run(commandOf(command), `${shown(command)}, without the file watcher of ${shown(script)}`)
  }
  const words = plainWords(script)
  if (words && isNodeFile(words) && !hooks.some(Boolean) && !readsNpmVariables(tree)) return run(words, shown(script))
  const warning = watches(script) ? '; its file watcher hides crashes: set run.command in tbs.yaml' : ''
  return run(['npm', 'run', name], `npm run ${name}, which is ${shown(script)}${warning}`)
}

/** The script that a script does nothing but call. */
const followed = (manifest: PackageJson, name: string, steps = 5): string => {
  const [, next] =
    /^(?:npm run|yarn run|yarn|pnpm run|pnpm) ([\w:.-]+)$/.exec(manifest.scripts[name]?.trim() ?? '') ?? []
  const isAlone = !manifest.scripts[`pre${name}`] && !manifest.scripts[`post${name}`]
  const isCall = next !== undefined && Object.hasOwn(manifest.scripts, next) && isAlone && steps > 0
  return isCall ? followed(manifest, next, steps - 1) : name
}

const isNodeFile = ([program, ...words]: string[]): boolean =>
  program === 'node' &&
  words.some((word) => !word.startsWith('-')) &&
  !words.some((word) => /^(-e|--eval|-p)$/.test(word))

/** Without npm in between these variables would be missing. */
const readsNpmVariables = (tree: SourceTree): boolean =>
  [...tree.text].some(([path, text]) => isSource(path) && /\bnpm_(package|lifecycle|config)_/.test(text))

const startOfFile = ({ tree, manifest, nodeMajor, isBuilt }: StartContext): Start => {
  const isBun = usesBun(tree, manifest)
  const main = manifest.main ?? (isBun ? manifest.module : undefined)
  const typescript = isBun ? ['bun'] : typescriptRunner(manifest, nodeMajor)
  const exists = (file: string) => tree.files.includes(file)
  const entry =
    main !== undefined && (exists(clean(main)) || (isBuilt && isOutput(main)))
      ? clean(main)
      : entryOf(exists, typescript)
  if (entry === undefined) throw noStart(manifest)
  const runner = isBun || /\.[cm]?ts$/.test(entry) ? (typescript ?? ['node']) : ['node']
  const place =
    main !== undefined && entry === clean(main)
      ? `main (${packageJsonPlace(tree, manifest.main === undefined ? 'module' : 'main')})`
      : 'a usual name for it'
  const command = [...runner, entry]
  return { command, evidence: `start: ${command.join(' ')}; no start script, ${place}`, script: '' }
}

const clean = (path: string): string => path.replace(/^(\.\/)+/, '')

const isOutput = (path: string): boolean => /^(\.\/)?(dist|build|lib|out)\/[^\s]+\.[cm]?js$/.test(path)

const entryOf = (exists: (file: string) => boolean, typescript: string[] | undefined): string | undefined => {
  const extensions = typescript === undefined ? ['js', 'mjs', 'cjs'] : ['js', 'mjs', 'cjs', 'ts', 'mts']
  const names = extensions.flatMap((extension) =>
    ['', 'src/'].flatMap((directory) =>
      ['bot', 'index', 'app', 'main'].map((name) => `${directory}${name}.${extension}`),
    ),
  )
  return names.find(exists)
}

const noStart = (manifest: PackageJson): TbsError => {
  const scripts = Object.keys(manifest.scripts).slice(0, 20)
  const found = scripts.length === 0 ? 'there are no scripts' : `the scripts are ${scripts.join(', ').slice(0, 300)}`
  const looked =
    'a start script, one of serve, server and dev, main, and files such as bot.js, index.js and src/index.ts'
  return new TbsError(
    'cannot_detect',
    `Nothing says how to start this Node repository. Looked for ${looked}; ${found}`,
    {
      hint: 'Add a start script to package.json, or a tbs.yaml with run: { command: … }',
    },
  )
}

const shown = (command: string): string => (command.length > 120 ? `${command.slice(0, 120)}…` : command)
