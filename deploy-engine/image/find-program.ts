import { TbsError } from '../error.ts'
import { badManifest, type ManifestFile, readManifest } from '../source/manifest.ts'
import { composeServices } from './compose.ts'
import { isInfrastructure } from './infrastructure.ts'
import {
  below,
  directoryOf,
  hasDirectory,
  isDockerfile,
  isForeign,
  isRequirements,
  isTest,
  nameOf,
  resolvePath,
  type SourceTree,
} from './source-tree.ts'
import { isNamedLikeBot, listsTelegram } from './telegram-libraries.ts'

/** The directory of the bot within its repository, and the tbs.yaml that speaks of it. */
export type FoundProgram = { directory: string; settings: ManifestFile; evidence: string[] }

/**
 * Where the bot is: the path that a person chose, build.context of tbs.yaml, the top of the repository, or the one
 * directory below it that can be a bot. Fails with `cannot_detect` or `bad_tbs_yaml`.
 */
export const findProgram = (tree: SourceTree, path: string | null): FoundProgram => {
  const chosen = chosenDirectory(tree, path)
  const home = chosen !== undefined && tree.files.includes(`${chosen}/tbs.yaml`) ? chosen : ''
  const settings = manifestIn(tree, home)
  const { context } = settings.manifest.build
  if (chosen !== undefined && (home !== '' || context === '')) {
    const directory = resolvePath(home === '' ? chosen : home, home === '' ? '' : context) ?? chosen
    assertContext(tree, directory, settings)
    return { directory, settings, evidence: [saying(directory, 'as set for this bot')] }
  }
  if (chosen !== undefined) return { directory: chosen, settings, evidence: [saying(chosen, 'as set for this bot')] }
  assertContext(tree, context, settings)
  if (context !== '') return { directory: context, settings, evidence: [saying(context, settings.at('build.context'))] }
  const guess = settings.manifest.build.dockerfile === undefined ? onlyProgram(tree) : undefined
  if (guess === undefined) return { directory: '', settings, evidence: [] }
  return { directory: guess.directory, settings, evidence: [saying(guess.directory, guess.reason)] }
}

const saying = (directory: string, reason: string): string =>
  `directory: ${directory} (${reason}); its files are named relative to it`

const chosenDirectory = (tree: SourceTree, path: string | null): string | undefined => {
  const directory = path === null ? undefined : resolvePath('', path)
  if (path === null || directory === '') return undefined
  if (directory !== undefined && hasDirectory(tree, directory)) return directory
  throw new TbsError('cannot_detect', `The repository has no directory ${JSON.stringify(path.slice(0, 200))}`, {
    hint: 'It was set for this bot; correct it: /set <bot> path=<directory>',
  })
}

const manifestIn = (tree: SourceTree, home: string): ManifestFile => {
  const files = below(tree, home)
  const misspelt = files.files.find((path) => /^\.?tbs\.ya?ml$/i.test(path) && path !== 'tbs.yaml')
  if (misspelt !== undefined) throw badManifest(`it is named ${misspelt}; rename it`)
  if (!files.files.includes('tbs.yaml')) return readManifest('')
  const text = files.text.get('tbs.yaml')
  if (text === undefined) throw badManifest('it is too large')
  return readManifest(text)
}

const assertContext = (tree: SourceTree, directory: string, settings: ManifestFile): void => {
  if (hasDirectory(tree, directory)) return
  throw badManifest(`build.context (${settings.at('build.context')}): the repository has no directory ${directory}`)
}

/** Where nothing at the top can be built or started: the one directory below with a program, if possible a bot. */
const onlyProgram = (tree: SourceTree): { directory: string; reason: string } | undefined => {
  if (isProgram(tree)) return undefined
  const manifests = tree.files.filter(
    (path) => isManifest(path) && path.includes('/') && isMeant(path) && !isAdapted(tree, path),
  )
  const bots = manifests.filter((path) => listsTelegram(tree, path))
  const directories = likeliest(directoriesOf(bots.length > 0 ? bots : manifests))
  const [directory, ...others] = directories
  if (directory === undefined || isBuiltElsewhere(tree)) return undefined
  const reason = bots.length > 0 ? 'the one with a library for Telegram bots' : 'the one with a program'
  if (others.length === 0) return { directory, reason }
  throw new TbsError(
    'cannot_detect',
    `The bot could be in several directories: ${directories.slice(0, 8).join(', ')}`,
    {
      hint: `Say which one: /set <bot> path=${directory}, or build: { context: ${directory} } in a tbs.yaml`,
    },
  )
}

const likeliest = (directories: string[]): string[] => {
  const named = directories.filter(isNamedLikeBot)
  return named.length === 1 ? named : directories
}

const directoriesOf = (manifests: readonly string[]): string[] => [
  ...new Set(manifests.map((path) => directoryOf(path.replace(/\/requirements\/[^/]+$/, '/x')))),
]

const isProgram = (tree: SourceTree): boolean => {
  const top = tree.files.filter((path) => !path.includes('/'))
  return top.some((path) =>
    path === 'package.json' ? startsSomething(tree) : isManifest(path) || /\.py$|^tbs\.yaml$/.test(path),
  )
}

/** The top of a workspace starts nothing but its packages; a package.json may also be there for a formatter alone. */
const startsSomething = (tree: SourceTree): boolean => {
  const text = tree.text.get('package.json') ?? ''
  const start = /"start"\s*:\s*"([^"]{0,500})/.exec(text)?.[1]
  const isWorkspace = /"workspaces"\s*:/.test(text) || tree.files.includes('pnpm-workspace.yaml')
  if (isWorkspace)
    return start !== undefined && !/\b(turbo|lerna|nx|concurrently)\b|--(workspace|filter)| -r /.test(start)
  if (/"(start|serve|server|dev|main|module|bot)"\s*:/.test(text) || listsTelegram(tree, 'package.json')) return true
  return tree.files.some((path) => /^(src\/)?[^/]+\.[cm]?[jt]s$/.test(path) && !/\.config\.|\.d\.ts$/.test(path))
}

const isManifest = (path: string): boolean =>
  /^(package\.json|pyproject\.toml|Pipfile|setup\.py)$/.test(nameOf(path)) ||
  /^(docker|container)file$/i.test(nameOf(path)) ||
  isRequirements(path)

/** A Dockerfile that only adapts a database or the like. */
const isAdapted = (tree: SourceTree, path: string): boolean => isDockerfile(path) && isInfrastructure(tree, path)

const isMeant = (path: string): boolean =>
  path.split('/').length <= 4 && !isForeign(path) && !isTest(path) && !/(^|\/)(examples?|docs?|\.[^/]+)\//.test(path)

/** A Dockerfile in a directory of its own, or one that a compose file names, decides by itself what it needs. */
const isBuiltElsewhere = (tree: SourceTree): boolean =>
  composeServices(tree).some(({ build }) => build && tree.files.includes(build.dockerfile)) ||
  tree.files.some(
    (path) => isDockerfile(path) && isMeant(path) && /(^|\/)(docker|deploy\w*|build|infra|ops)\//.test(path),
  )
