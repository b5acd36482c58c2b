import { TbsError } from '../../error.ts'
import { commandOf } from '../command-line.ts'
import { type HintedCommand, hintedCommands, lastingWords } from '../hinted-start.ts'
import { directoryOf, nameOf, placeOf, type SourceTree } from '../source-tree.ts'
import { pythonSources } from './imports.ts'
import { readToml } from './toml.ts'

export type Start = { command: string[]; evidence: string; modules: string[] }

/**
 * What starts a Python bot: the command that a compose file, Dockerfile, Procfile or README names, a script of
 * pyproject.toml, else the file that polls or has an obvious name. Fails with `cannot_detect`, with the candidates.
 */
export const pythonStart = (tree: SourceTree): Start => hinted(tree) ?? projectScript(tree) ?? byFile(tree)

const hinted = (tree: SourceTree): Start | undefined => {
  const usable = hintedCommands(tree).flatMap((hint) => {
    const command = usableCommand(tree, hint)
    return command === undefined ? [] : [{ command, hint }]
  })
  const [first] = usable.filter(({ hint }) => hint.source !== 'README')
  const readme = usable.filter(({ hint }) => hint.source === 'README')
  const obvious = readme.find(({ hint }) => /(bot|main|app|run)\b|-m\s/.test(hint.text))
  const chosen = first ?? (readme.length === 1 ? readme[0] : obvious)
  if (!chosen) return undefined
  const { command, hint } = chosen
  return { command, evidence: `start: ${hint.text} (${hint.place})`, modules: sourceDirectories(tree) }
}

/** Only if what it starts is there; `poetry run` and the like are left out, since pip installs the packages. */
const usableCommand = (tree: SourceTree, { text, source }: HintedCommand): string[] | undefined => {
  const bare = text.replace(/(^|&&\s*)(exec\s+)?(poetry|uv|pipenv|pdm|rye|hatch) run\s+/g, '$1')
  const [program = '', ...words] = lastingWords(bare) ?? []
  if (/^(uvicorn|gunicorn|hypercorn)$/.test(program) && source !== 'README') return commandOf(bare)
  if (!/^python3?(\.\d+)?$/.test(program)) return undefined
  const target = words.findIndex((word) => !/^-[A-Za-ln-z]+$/.test(word))
  const isThere =
    words[target] === '-m' ? isModule(tree, words[target + 1] ?? '') : tree.files.includes(clean(words[target] ?? ''))
  if (
    !isThere ||
    /^(setup|manage|test\w*|conf(ig)?|migrat\w*|init_db|create_\w+)\.py$/.test(nameOf(words[target] ?? ''))
  ) {
    return undefined
  }
  return commandOf(bare.replace(/\bpython3?\.\d+\b/g, 'python3'))
}

const clean = (path: string): string => path.replace(/^(\.\/)+/, '')

const isModule = (tree: SourceTree, module: string): boolean => {
  const path = module.replaceAll('.', '/')
  return ['', 'src/'].some((root) =>
    [`${root}${path}.py`, `${root}${path}/__main__.py`].some((file) => tree.files.includes(file)),
  )
}

/** A layout with src/ is imported without that directory's name. */
const sourceDirectories = (tree: SourceTree): string[] =>
  tree.files.some((path) => /^src\/[^/]+\/(__init__|__main__)\.py$/.test(path)) &&
  !tree.files.includes('src/__init__.py')
    ? ['/app', '/app/src']
    : []

/** `bot = "package.module:function"`, which pip would make a program of. */
const projectScript = (tree: SourceTree): Start | undefined => {
  const toml = readToml(tree.text.get('pyproject.toml') ?? '')
  const scripts = [...(toml.get('project.scripts') ?? []), ...(toml.get('tool.poetry.scripts') ?? [])]
  const [script, ...others] = scripts.filter(({ value }) => /^[\w.]+:\w+$/.test(String(value)))
  const [module = '', name = ''] = String(script?.value ?? '').split(':')
  const isFound =
    isModule(tree, module) ||
    ['', 'src/'].some((root) => tree.files.includes(`${root}${module.replaceAll('.', '/')}/__init__.py`))
  if (!script || others.length > 0 || !isFound) return undefined
  return {
    command: ['python3', '-c', `import sys; from ${module} import ${name}; sys.exit(${name}())`],
    evidence: `start: ${script.key}, which is ${module}:${name} (pyproject.toml:${script.line})`,
    modules: sourceDirectories(tree),
  }
}

const NAMES = [
  'main',
  'bot',
  'app',
  'run',
  '__main__',
  'start',
  'telegram_bot',
  'tgbot',
  'tg_bot',
  'telegrambot',
  'index',
]
const DIRECTORIES = ['', 'src/', 'bot/', 'app/', 'tgbot/', 'telegram_bot/']

const byFile = (tree: SourceTree): Start => {
  const sources = new Map(pythonSources(tree))
  const named = DIRECTORIES.flatMap((directory) => NAMES.map((name) => `${directory}${name}.py`)).filter((path) =>
    sources.has(path),
  )
  const running = named.filter((path) => POLLS.test(sources.get(path) ?? ''))
  const polling = [...sources].filter(([, text]) => POLLS.test(text)).map(([path]) => path)
  const packages = [...sources.keys()].filter((path) => nameOf(path) === '__main__.py')
  const [only, second] = [...sources.keys()].filter((path) => !path.includes('/') && nameOf(path) !== '__init__.py')
  const top = named.find((path) => MAIN.test(sources.get(path) ?? '')) ?? named[0]
  const single = polling.length === 1 ? polling[0] : undefined
  const entry = running[0] ?? (packages.length === 1 ? packages[0] : undefined) ?? top ?? single
  const path = entry ?? (second === undefined ? only : undefined)
  const rivals = path === undefined ? polling : numbered(polling, path)
  if (path === undefined || rivals.length > 0) throw noStart([...(path === undefined ? [] : [path]), ...rivals])
  return startOf(tree, { path, text: sources.get(path) ?? '' })
}

/** What keeps a bot listening, in the libraries that there are. */
const POLLS = new RegExp(
  [
    '\\b(run_polling|start_polling|infinity_polling|start_webhook|run_webhook)\\s*\\(',
    '\\b(run_until_disconnected|message_loop)\\s*\\(',
    '\\bpolling\\s*\\(|\\bexecutor\\.start|\\b(app|client|bot)\\.run\\s*\\(|getUpdates',
  ].join('|'),
)

const MAIN = /^if\s+__name__\s*==/m

/** main.py beside main2.py, both of which poll: nobody can tell which one is meant. */
const numbered = (polling: readonly string[], path: string): string[] => {
  const stem = path.replace(/\d*\.py$/, '')
  return polling.filter((other) => other !== path && other.replace(/_?\d+\.py$/, '') === stem)
}

const startOf = (tree: SourceTree, { path, text }: { path: string; text: string }): Start => {
  const directory = directoryOf(path)
  const isMain = nameOf(path) === '__main__.py' && directory !== ''
  const top = directory.split('/')[0] ?? ''
  const importsItself = new RegExp(`^\\s*(from|import)\\s+(\\.|${top.replace(/\W/g, '\\$&')}[\\s.])`, 'm').test(text)
  const asModule = directory !== '' && (isMain || importsItself) && /^[\w/]+\.py$/.test(path)
  const module = (isMain ? directory : path.replace(/\.py$/, '')).replace(/^src\/(?=\w+($|\/))/, (root) =>
    sourceDirectories(tree).length > 0 ? '' : root,
  )
  const words = asModule ? ['python3', '-m', module.replaceAll('/', '.')] : ['python3', path]
  const sign = POLLS.test(text) ? placeOf(tree, path, POLLS) : `${path}, a usual name for it`
  return { command: words, evidence: `start: ${words.join(' ')} (${sign})`, modules: sourceDirectories(tree) }
}

const noStart = (candidates: string[]): TbsError => {
  const looked = 'a command in a compose file, Dockerfile, Procfile or README, and files such as main.py and bot.py'
  const message =
    candidates.length === 0
      ? `Nothing says how to start this Python repository. Looked for ${looked}`
      : `Several files could be the bot: ${candidates.slice(0, 8).join(', ')}`
  const example = candidates[0] ?? 'bot.py'
  return new TbsError('cannot_detect', message, {
    hint: `Say which one in a tbs.yaml: run: { command: python3 ${example} }`,
  })
}
