import { readYaml, type Yaml } from '../source/read-yaml.ts'
import { wordsOf } from './command-line.ts'
import { directoryOf, nameOf, resolvePath, type SourceTree } from './source-tree.ts'

/** What a compose file says of one service, as far as it can be known without the variables of a machine. */
export type Composed = {
  name: string
  build?: { context: string; dockerfile: string; target?: string; args: Record<string, string> }
  command?: string[]
  entrypoint?: string[]
  environment: { name: string; value: string }[]
  volumes: { from: string; to: string }[]
  ports: string[]
  /** Directory of the compose file. */
  directory: string
  /** `docker-compose.yml:12`, where a key of the service stands. */
  at: (key: string) => string
}

/** The services of all compose files, the likeliest file first. Files that can't be read as YAML count as absent. */
export const composeServices = (tree: SourceTree): Composed[] =>
  composeFiles(tree).flatMap((file) => {
    const yaml = yamlOf(tree.text.get(file) ?? '')
    const services = mapOf(mapOf(yaml?.content).services)
    return Object.entries(services).flatMap(([name, value]) =>
      yaml === undefined || name === '<<' ? [] : [serviceOf({ file, yaml, name, value: merged(value) })],
    )
  })

/** Names that a machine of the compose network has: they mean nothing elsewhere. */
export const isServiceHost = (services: readonly Composed[], value: string): boolean =>
  services.some(({ name }) => value === name || new RegExp(`(//|@|^)${escaped(name)}(:\\d+|/|$)`).test(value))

const composeFiles = (tree: SourceTree): string[] =>
  tree.files
    .filter((path) => tree.text.has(path) && /^(docker-)?compose[\w.-]*\.ya?ml$/i.test(nameOf(path)))
    .sort((a, b) => depthOf(a) - depthOf(b) || rankOf(a) - rankOf(b) || (a < b ? -1 : 1))
    .slice(0, 6)

const depthOf = (path: string): number => path.split('/').length

const rankOf = (path: string): number => {
  const name = nameOf(path)
  if (/^(docker-)?compose\.ya?ml$/i.test(name)) return 0
  return /prod|release/i.test(name) ? 1 : /dev|test|local|debug|ci\b/i.test(name) ? 3 : 2
}

const yamlOf = (text: string): Yaml | undefined => {
  try {
    return readYaml(text)
  } catch {
    return undefined // A hint that can't be read is none; `docker compose` itself would refuse most of these.
  }
}

type Written = { file: string; yaml: Yaml; name: string; value: Record<string, unknown> }

const serviceOf = ({ file, yaml, name, value }: Written): Composed => {
  const directory = directoryOf(file)
  const build = buildOf(value.build, directory)
  const command = wordsOfCommand(value.command)
  const entrypoint = wordsOfCommand(value.entrypoint)
  return {
    name,
    ...(build && { build }),
    ...(command && { command }),
    ...(entrypoint && { entrypoint }),
    environment: environmentOf(value.environment),
    volumes: listOf(value.volumes).flatMap((volume) => volumeOf(volume)),
    ports: listOf(value.ports).flatMap((port) => (typeof port === 'string' ? [port] : [])),
    directory,
    at: (key) => `${file}:${lineIn(yaml, name, key)}`,
  }
}

/** Of the service itself where a key comes from elsewhere by `<<`. */
const lineIn = (yaml: Yaml, name: string, key: string): number => {
  const line = yaml.lineOf(['services', name, ...key.split('.')])
  return line > 1 ? line : yaml.lineOf(['services', name])
}

const buildOf = (value: unknown, directory: string): Composed['build'] => {
  const build = typeof value === 'string' ? { context: value } : merged(value)
  if (value === undefined || Object.keys(build).length === 0) return undefined
  const context = resolvePath(directory, textOf(build.context) ?? '.')
  const dockerfile = textOf(build.dockerfile) ?? 'Dockerfile'
  const path = context === undefined ? undefined : resolvePath(context, dockerfile)
  if (context === undefined || path === undefined || /^\w+:\/\//.test(textOf(build.context) ?? '')) return undefined
  const target = textOf(build.target)
  return { context, dockerfile: path, ...(target && { target }), args: Object.fromEntries(pairsOf(build.args)) }
}

/** A text is split into words, not given to a shell. */
const wordsOfCommand = (value: unknown): string[] | undefined => {
  const text = textOf(value)
  const words = text === undefined ? listOf(value).map((word) => textOf(word)) : wordsOf(text)
  const known = words.filter((word) => word !== undefined)
  return known.length === 0 || known.length < words.length ? undefined : known
}

const environmentOf = (value: unknown): { name: string; value: string }[] =>
  pairsOf(value).flatMap(([name, text]) => (/^[A-Za-z_]\w{0,99}$/.test(name) ? [{ name, value: text }] : []))

/** `{ A: 1 }` or `[A=1]`; what has no value of its own is left out. */
const pairsOf = (value: unknown): [name: string, value: string][] => {
  const entries = Array.isArray(value)
    ? value.map((line) => (typeof line === 'string' ? line.split(/=(.*)/s) : []))
    : Object.entries(merged(value))
  return entries.flatMap(([name, raw]) => {
    const text = textOf(raw)
    return typeof name !== 'string' || text === undefined ? [] : [[name.trim(), text] as [string, string]]
  })
}

/** `from:to`, or the long form. Those that are read-only, temporary or without a source hold no data. */
const volumeOf = (volume: unknown): { from: string; to: string }[] => {
  const long = merged(volume)
  const short = typeof volume === 'string' ? textOf(volume.replace(/\$\{?PWD\}?/g, '.'))?.split(':') : undefined
  const [from, to, mode = ''] = short ?? [textOf(long.source), textOf(long.target), textOf(long.read_only)]
  if (from === undefined || to === undefined || /(^|,)(ro|true)(,|$)/.test(mode)) return []
  return [{ from, to }]
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** With `<<` taken in: the schema that keeps every scalar as text does not know it. */
const merged = (value: unknown): Record<string, unknown> => {
  const { '<<': inherited, ...own } = mapOf(value)
  const parents = Array.isArray(inherited) ? inherited : [inherited]
  return Object.assign({}, ...parents.map(mapOf).reverse(), own)
}

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}

/** A scalar with its variables replaced by their defaults; undefined if one has none. */
const textOf = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  let isKnown = true
  const text = value.replace(
    /\$\$|\$\{[A-Za-z_]\w*(?::?([-?+])([^{}]*))?\}|\$[A-Za-z_]\w*/g,
    (whole, operator, fallback) => {
      if (whole === '$$') return '$'
      isKnown &&= operator === '-'
      return fallback ?? ''
    },
  )
  return isKnown ? text : undefined
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
