import { TbsError } from '../error.ts'
import { badManifest, type ManifestFile } from '../source/manifest.ts'
import { wordsOf } from './command-line.ts'
import type { Composed } from './compose.ts'
import { type Instruction, readInstructions } from './dockerfile-instructions.ts'
import { isInfrastructure } from './infrastructure.ts'
import {
  below,
  directoryOf,
  isDockerfile,
  isForeign,
  isTest,
  nameOf,
  resolvePath,
  type SourceTree,
  upwards,
} from './source-tree.ts'
import { isNamedLikeBot } from './telegram-libraries.ts'

/** A Dockerfile, its path and context relative to the repository. */
export type FoundDockerfile = { path: string; context: string; service?: Composed; evidence: string }

export type DockerfileSearch = {
  tree: SourceTree
  /** Where the bot is. */
  directory: string
  settings: ManifestFile
  services: readonly Composed[]
  /** Whether the directory can be built without a Dockerfile. */
  canGenerate: boolean
}

/**
 * The repository's own Dockerfile: the one that tbs.yaml names, the one at the top, the one that a compose file builds,
 * or the only one there is. Fails with `cannot_detect` where a person has to choose.
 */
export const findDockerfile = (search: DockerfileSearch): FoundDockerfile | undefined =>
  named(search) ?? atTop(search) ?? composed(search) ?? elsewhere(search)

const named = (search: DockerfileSearch): FoundDockerfile | undefined => {
  const { tree, directory, settings } = search
  const asked = settings.manifest.build.dockerfile
  if (asked === undefined) return undefined
  const place = settings.at('build.dockerfile')
  const path = resolvePath(directory, asked) ?? asked
  if (!tree.files.includes(path)) {
    throw badManifest(`build.dockerfile (${place}): the build context has no file ${asked}`)
  }
  return { ...found(search, path), context: directory, evidence: `${path}: built as it is (${place})` }
}

const TOP_NAMES = ['Dockerfile', 'dockerfile', 'Containerfile']

const atTop = (search: DockerfileSearch): FoundDockerfile | undefined => {
  const { tree, directory } = search
  const path = TOP_NAMES.map((name) => resolvePath(directory, name) ?? name).find((each) => tree.files.includes(each))
  return path === undefined ? undefined : found(search, path)
}

/** Of several services the one that is named like a bot. */
const composed = (search: DockerfileSearch): FoundDockerfile | undefined => {
  const { tree, directory, services } = search
  const built = services.filter(({ build }) => build && tree.files.includes(build.dockerfile) && isIn(directory, build))
  const paths = (some: readonly Composed[]) => [...new Set(some.map(({ build }) => build?.dockerfile ?? ''))]
  const bots = built.filter(({ name }) => isNamedLikeBot(name))
  const [path, ...others] = paths(bots.length > 0 ? bots : built).filter((each) => !isInfrastructure(tree, each))
  return path === undefined || others.length > 0 ? undefined : found(search, path)
}

const isIn = (directory: string, { context, dockerfile }: NonNullable<Composed['build']>): boolean =>
  directory === '' || [context, directory].includes(directory) || dockerfile.startsWith(`${directory}/`)

const elsewhere = (search: DockerfileSearch): FoundDockerfile | undefined => {
  const { tree, directory } = search
  const all = below(tree, directory)
    .files.filter((path) => isDockerfile(path) && isMeant(path))
    .map((path) => resolvePath(directory, path) ?? path)
    .filter((path) => tree.text.has(path) && !isInfrastructure(tree, path))
  const best = all.filter((path) => rankOf(path) === Math.min(...all.map(rankOf)))
  const bots = best.filter((path) => isNamedLikeBot(path))
  const [path, ...others] = bots.length > 0 ? bots : best
  if (path === undefined) return undefined
  if (others.length === 0) return unlessOfAnotherProgram(search, found(search, path))
  if (search.canGenerate) return undefined
  throw ambiguous([path, ...others])
}

const isMeant = (path: string): boolean =>
  !isForeign(path) && !isTest(path) && !/(^|\/)(\.devcontainer|\.github|\.gitpod|examples?|docs?)[/.]/i.test(path)

const rankOf = (path: string): number => {
  const name = nameOf(path)
  if (TOP_NAMES.includes(name)) return 0
  if (/prod|release/i.test(name)) return 1
  return /dev|test|debug|[._-]ci\b|arm|windows/i.test(name) ? 3 : 2
}

/** A frontend's Dockerfile deep in the tree says nothing of the bot at the top. */
const unlessOfAnotherProgram = (search: DockerfileSearch, file: FoundDockerfile): FoundDockerfile | undefined =>
  search.canGenerate && file.context !== search.directory && !isNamedLikeBot(file.path) ? undefined : file

const found = (search: DockerfileSearch, path: string): FoundDockerfile => {
  const service = serviceOf(search.services, path)
  if (service?.build) {
    const { context } = service.build
    const evidence = `${path}: built as it is, in ${shown(context)} (${service.at('build')})`
    return { path, context, service, evidence }
  }
  const context = contextOf(search, path)
  const where = context === directoryOf(path) ? '' : `, in ${shown(context)}, which its COPY lines need`
  return { path, context, evidence: `${path}: built as it is${where}` }
}

const shown = (directory: string): string => (directory === '' ? 'the whole repository' : directory)

/** Of the services that are built from it: not the one that only migrates, if possible the one named like a bot. */
const serviceOf = (services: readonly Composed[], path: string): Composed | undefined => {
  const built = services.filter(({ build }) => build?.dockerfile === path)
  const lasting = built.filter(({ name }) => !/migrat|init|seed|test|lint|setup/i.test(name))
  return lasting.find(({ name }) => isNamedLikeBot(name)) ?? lasting[0] ?? built[0]
}

/**
 * The directory that has most of what COPY and ADD ask for, among those above the Dockerfile; the bot's own directory
 * where several do.
 */
const contextOf = ({ tree, directory }: DockerfileSearch, path: string): string => {
  const wanted = sourcesIn(readInstructions(tree.text.get(path) ?? '').instructions)
  const missingIn = (context: string) => {
    const there = below(tree, context).files
    return wanted.filter((source) => !isThere(there, source)).length
  }
  const candidates = upwards(directoryOf(path)).map((context) => ({ context, missing: missingIn(context) }))
  const least = Math.min(...candidates.map(({ missing }) => missing))
  const fitting = candidates.filter(({ missing }) => missing === least).map(({ context }) => context)
  const own = fitting.find((context) => hasManifest(below(tree, context)))
  return fitting.includes(directory) && (own === undefined || directory !== '') ? directory : (own ?? fitting[0] ?? '')
}

const hasManifest = ({ files }: SourceTree): boolean =>
  files.some((path) => /^(package\.json|requirements.*\.txt|pyproject\.toml|setup\.py|go\.mod|Cargo\.toml)$/.test(path))

/** Paths that are copied out of the context, without those that have variables or patterns in them. */
const sourcesIn = (instructions: readonly Instruction[]): string[] =>
  instructions
    .filter(({ name, rest, heredoc }) => /^(COPY|ADD)$/.test(name) && !heredoc && !/^(--\S+\s+)*--from=/.test(rest))
    .slice(0, 200)
    .flatMap(({ rest }) =>
      wordsOf(rest.replace(/[[\],]/g, ' '))
        .filter((word) => !word.startsWith('--'))
        .slice(0, -1),
    )
    .filter((word) => !/[$*?]|^\w+:\/\/|^git@/.test(word))
    .slice(0, 100)

const isThere = (files: readonly string[], source: string): boolean => {
  const path = resolvePath('', source.replace(/^\/+/, ''))
  return path === '' || (path !== undefined && files.some((file) => file === path || file.startsWith(`${path}/`)))
}

const ambiguous = (paths: string[]): TbsError =>
  new TbsError('cannot_detect', `There are several Dockerfiles: ${paths.slice(0, 8).join(', ')}`, {
    hint:
      `Say which one: build: { dockerfile: ${paths[0]} } in tbs.yaml, ` +
      'or the directory that the bot is in: /set <bot> path=<directory>',
  })
