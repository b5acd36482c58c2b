import { isDockerfile, isSource, placeOf, type SourceTree } from '../source-tree.ts'
import { dependency, type PackageJson, packageJsonPlace } from './package-json.ts'

export type NodeVersion = { major: number; evidence: string }

/**
 * The Node major to build on: the one pinned in .nvmrc, .node-version or by Volta, else the newest that `engines`
 * allows, else what a Dockerfile uses, else what the sources need, else the newest there is. A version without an image
 * of ours becomes the nearest newer one.
 */
export const nodeVersion = (tree: SourceTree, manifest: PackageJson): NodeVersion => {
  const range = manifest.engines.node?.slice(0, 100)
  const pin = pinnedIn(tree, manifest)
  if (pin && (range === undefined || allows(range, pin.major))) {
    return chosen(nearest(pin.major), `${pin.written} (${pin.place})`, pin.major)
  }
  const old = newestForOldPackages(tree, manifest)
  if (old && (range === undefined || allows(range, old.major))) return old
  if (range === undefined) return byDockerfile(tree, manifest) ?? newest('no version is named, the newest LTS')
  const allowed = MAJORS.filter((major) => allows(range, major))
  const source = `engines.node ${range.slice(0, 40)} (${packageJsonPlace(tree, 'node', 'engines')})`
  const wanted = allowed.at(-1) ?? lowestMajor(range)
  return chosen(nearest(wanted), source, wanted)
}

/** Those that have a LTS line and an image. */
const MAJORS = [20, 22, 24]
const NEWEST = 24
const CODENAMES = new Map([
  ['iron', 20],
  ['jod', 22],
  ['krypton', 24],
  ['*', NEWEST],
])

const newest = (why: string): NodeVersion => ({ major: NEWEST, evidence: `Node ${NEWEST}: ${why}` })

/** The version of a Dockerfile, unless the program needs a newer one, as the sources show. */
const byDockerfile = (tree: SourceTree, manifest: PackageJson): NodeVersion | undefined => {
  const needed = neededBySources(tree, manifest)
  for (const path of tree.files.filter((each) => isDockerfile(each) && tree.text.has(each)).slice(0, 10)) {
    const major = Number(/^\s*FROM\s+(?:--\S+\s+)*(?:\S*\/)?node:(\d{1,3})\b/im.exec(tree.text.get(path) ?? '')?.[1])
    if (major > 0 && needed && nearest(major) < needed.major) return needed
    if (major > 0) return chosen(nearest(major), `node:${major} (${placeOf(tree, path, /^\s*FROM\s.*node:/i)})`, major)
  }
  return undefined
}

/** Where an older Node refuses to start the program at all. */
const neededBySources = (tree: SourceTree, manifest: PackageJson): NodeVersion | undefined => {
  const script = Object.entries(manifest.scripts).find(([, text]) =>
    /(^|[\s;&])node\s+(--[\w-]+(=\S+)?\s+)*\S+\.[cm]?ts\b/.test(text.slice(0, 2000)),
  )
  if (script) return newest(`it runs TypeScript itself (${packageJsonPlace(tree, script[0], 'scripts')})`)
  const [path] = [...tree.text].find(([each, text]) => isSource(each) && text.includes('node:sqlite')) ?? []
  return path === undefined ? undefined : newest(`node:sqlite (${placeOf(tree, path, /node:sqlite/)})`)
}

/** Native packages of versions that do not compile for a newer Node. */
const OLD_PACKAGES = [
  { name: 'better-sqlite3', old: /^[\^~]?([4-9]|10)\./ },
  { name: 'canvas', old: /^[\^~]?[12]\./ },
  { name: 'isolated-vm', old: /^[\^~]?[1-4]\./ },
  { name: 'node-sass', old: /./ },
]

const newestForOldPackages = (tree: SourceTree, manifest: PackageJson): NodeVersion | undefined => {
  const found = OLD_PACKAGES.find(({ name, old }) => old.test(dependency(manifest, name) ?? ''))
  if (!found) return undefined
  return { major: 20, evidence: `Node 20: the last for this ${found.name} (${packageJsonPlace(tree, found.name)})` }
}

const chosen = (major: number, source: string, wanted: number): NodeVersion => ({
  major,
  evidence: `Node ${major}: ${source}${major === wanted ? '' : ', the nearest that is available'}`,
})

const nearest = (wanted: number): number => MAJORS.find((major) => major >= wanted) ?? NEWEST

const pinnedIn = (
  tree: SourceTree,
  manifest: PackageJson,
): { major: number; written: string; place: string } | undefined => {
  for (const file of ['.nvmrc', '.node-version']) {
    const written = (tree.text.get(file) ?? '')
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .find(Boolean)
    const major = written === undefined ? undefined : majorOf(written)
    if (written !== undefined && major !== undefined) {
      return { major, written: written.slice(0, 40), place: placeOf(tree, file, /^\s*[^#\s]/) }
    }
  }
  const volta = manifest.volta?.node
  const major = volta === undefined ? undefined : majorOf(volta)
  if (volta === undefined || major === undefined) return undefined
  return { major, written: `Volta’s ${volta.slice(0, 40)}`, place: packageJsonPlace(tree, 'node', 'volta') }
}

const majorOf = (written: string): number | undefined => {
  const codename = /^lts\/(\S+)$/i.exec(written)?.[1]
  if (codename !== undefined) return CODENAMES.get(codename.toLowerCase())
  if (/^(node|stable|latest|current)$/i.test(written)) return NEWEST
  const number = /^v?(\d{1,3})(\.|$)/.exec(written)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Whether some version of that major is in a semver range. */
const allows = (range: string, major: number): boolean =>
  range.split('||').some((part) => alternativeAllows(part, major))

const alternativeAllows = (alternative: string, major: number): boolean => {
  const hyphen = /^\s*v?(\d+)\S*\s+-\s+v?(\d+)/.exec(alternative)
  if (hyphen) return Number(hyphen[1]) <= major && major <= Number(hyphen[2])
  return [...alternative.matchAll(COMPARATOR)].every(([, operator = '', number = '', rest = '']) =>
    comparatorAllows({ operator, number: Number(number), rest }, major),
  )
}

const COMPARATOR = /([<>=~^]*)\s*v?(\d+)((?:\.[\w*-]+)*)/g

type Comparator = { operator: string; number: number; rest: string }

/** Some version of the major is enough: 18.3 is above `>18.2`, no 18 is above `>18`. */
const comparatorAllows = ({ operator, number, rest }: Comparator, major: number): boolean => {
  if (operator === '>=') return major >= number
  if (operator === '<=') return major <= number
  if (operator === '>') return rest === '' ? major > number : major >= number
  if (operator === '<') return /[1-9]/.test(rest) ? major <= number : major < number
  return major === number
}

const lowestMajor = (range: string): number =>
  Math.min(...[...range.matchAll(COMPARATOR)].map((match) => Number(match[2])))
