import { placeOf, type SourceTree } from '../source-tree.ts'
import { type PackageJson, packageJsonPlace } from './package-json.ts'

export type NodeVersion = { major: number; evidence: string }

/**
 * The Node major to build on: the one pinned in .nvmrc or .node-version, else the newest that `engines` allows, else
 * the newest there is. A version without an image of ours becomes the nearest newer one.
 */
export const nodeVersion = (tree: SourceTree, manifest: PackageJson): NodeVersion => {
  const range = manifest.engines.node?.slice(0, 100)
  const allowed = MAJORS.filter((major) => range === undefined || allows(range, major))
  const pin = pinnedIn(tree)
  if (pin && (range === undefined || allows(range, pin.major))) {
    return chosen(nearest(pin.major), `${pin.written} (${pin.place})`, pin.major)
  }
  if (range === undefined) return { major: NEWEST, evidence: `Node ${NEWEST}: no version is named, the newest LTS` }
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

const chosen = (major: number, source: string, wanted: number): NodeVersion => ({
  major,
  evidence: `Node ${major}: ${source}${major === wanted ? '' : ', the nearest that is available'}`,
})

const nearest = (wanted: number): number => MAJORS.find((major) => major >= wanted) ?? NEWEST

const pinnedIn = (tree: SourceTree): { major: number; written: string; place: string } | undefined => {
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
  return undefined
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
