import { isDockerfile, placeOf, type SourceTree } from '../source-tree.ts'
import type { Requirement } from './requirements.ts'
import { readToml } from './toml.ts'

export type PythonVersion = { version: string; evidence: string }

/**
 * The Python to build on: the one that a file names, else the one that a Dockerfile uses, else the newest that has
 * finished packages for what is pinned, else the newest. One that we have no image of becomes the nearest newer one.
 */
export const pythonVersion = (tree: SourceTree, requirements: readonly Requirement[]): PythonVersion =>
  pinned(tree) ?? byDockerfile(tree) ?? ranged(tree) ?? byPackages(requirements) ?? newest

const MINORS = [11, 12, 13]
const NEWEST = 13
const newest = { version: `3.${NEWEST}`, evidence: `Python 3.${NEWEST}: no version is named, the newest` }

const chosen = (minor: number, source: string): PythonVersion => {
  const near = MINORS.find((each) => each >= minor) ?? NEWEST
  return {
    version: `3.${near}`,
    evidence: `Python 3.${near}: ${source}${near === minor ? '' : ', the nearest available'}`,
  }
}

const PINS = [
  { file: '.python-version', pattern: /^\s*(?:python-?|cpython-?)?3\.(\d{1,2})[\d.]*/m },
  { file: 'runtime.txt', pattern: /^\s*python-3\.(\d{1,2})[\d.]*/m },
  { file: 'Pipfile', pattern: /^\s*python_(?:full_)?version\s*=\s*["']3\.(\d{1,2})/m },
]

const pinned = (tree: SourceTree): PythonVersion | undefined => {
  for (const { file, pattern } of PINS) {
    const [written, minor] = pattern.exec(tree.text.get(file) ?? '') ?? []
    if (written !== undefined)
      return chosen(Number(minor), `${written.trim().slice(0, 40)} (${placeOf(tree, file, pattern)})`)
  }
  return undefined
}

const FROM_PYTHON = /^\s*FROM\s+(?:--\S+\s+)*(?:\S*\/)?python:3\.(\d{1,2})/im

const byDockerfile = (tree: SourceTree): PythonVersion | undefined => {
  const path = tree.files.find((each) => isDockerfile(each) && FROM_PYTHON.test(tree.text.get(each) ?? ''))
  if (path === undefined) return undefined
  const minor = Number(FROM_PYTHON.exec(tree.text.get(path) ?? '')?.[1])
  return chosen(minor, `python:3.${minor} (${placeOf(tree, path, FROM_PYTHON)})`)
}

/** `>=3.8,<3.12`, `^3.10`, `~3.11`: the newest that is allowed. */
const ranged = (tree: SourceTree): PythonVersion | undefined => {
  const toml = readToml(tree.text.get('pyproject.toml') ?? '')
  const field = [
    ...(toml.get('project') ?? []).filter(({ key }) => key === 'requires-python'),
    ...(toml.get('tool.poetry.dependencies') ?? []).filter(({ key }) => key === 'python'),
  ][0]
  if (typeof field?.value !== 'string' || !/<|==|~|3\.\d+\.\*/.test(field.value)) return undefined
  const range = field.value.slice(0, 100)
  const allowed = MINORS.filter((minor) => allows(range, minor))
  const lowest = Number(/3\.(\d{1,2})/.exec(range)?.[1] ?? NEWEST)
  return chosen(allowed.at(-1) ?? lowest, `${field.key} ${range.slice(0, 40)} (pyproject.toml:${field.line})`)
}

const allows = (range: string, minor: number): boolean =>
  [...range.matchAll(/([<>=~^!]*)\s*3\.(\d{1,2})((?:\.[\d*]+)?)/g)].every(
    ([, operator = '', number = '', patch = '']) => {
      const other = Number(number)
      if (operator === '<') return minor < other || (minor === other && /[1-9]/.test(patch))
      if (operator === '<=') return minor <= other
      if (operator === '>' || operator === '>=' || operator === '^') return minor >= other
      if (operator === '!=') return true
      return operator === '~=' && patch === '' ? minor >= other : minor === other
    },
  )

/** The first versions that run on Python 3.12 and, where it is another one, on 3.13. */
const FITTING: Record<string, [for12: string, for13?: string]> = {
  aiogram: ['3.2', '3.13'],
  'python-telegram-bot': ['20'],
  aiohttp: ['3.9', '3.10.6'],
  asyncpg: ['0.29', '0.30'],
  cffi: ['1.16', '1.17'],
  greenlet: ['3', '3.1'],
  grpcio: ['1.59', '1.66.2'],
  lxml: ['4.9.3', '5.3'],
  matplotlib: ['3.8', '3.9.2'],
  numpy: ['1.26', '2.1'],
  orjson: ['3.9.10', '3.10.7'],
  pandas: ['2.1.1', '2.2.3'],
  pillow: ['10.1', '11'],
  'psycopg2-binary': ['2.9.9', '2.9.10'],
  pydantic: ['2.4', '2.8'],
  'pydantic-core': ['2.10', '2.20'],
  pyyaml: ['6.0.1', '6.0.2'],
  regex: ['2023.8.8', '2024.9.11'],
  'scikit-learn': ['1.3.1', '1.5.2'],
  scipy: ['1.11.2', '1.14.1'],
  tgcrypto: ['99'],
  ujson: ['5.8', '5.10'],
  uvloop: ['0.19', '0.21'],
  yarl: ['1.9.3', '1.13'],
  frozenlist: ['1.4.1', '1.5'],
  multidict: ['6.0.5', '6.1'],
}

const byPackages = (requirements: readonly Requirement[]): PythonVersion | undefined => {
  const limits = requirements.flatMap((requirement) => {
    const [for12, for13] = FITTING[requirement.name] ?? []
    const highest = /(?:==|~=|<=|<)\s*([\d.]+)/.exec(requirement.range)?.[1]
    if (for12 === undefined || highest === undefined) return []
    const isBelow = (version: string) =>
      isOlder(highest, version) || (requirement.range.startsWith('<') && highest === version)
    if (isBelow(for12)) return [{ minor: 11, requirement }]
    return for13 !== undefined && isBelow(for13) ? [{ minor: 12, requirement }] : []
  })
  const lowest = limits.sort((a, b) => a.minor - b.minor)[0]
  if (!lowest) return undefined
  const { name, range, place } = lowest.requirement
  return chosen(lowest.minor, `the newest that ${name}${range.slice(0, 40)} has packages for (${place})`)
}

const isOlder = (version: string, than: string): boolean => {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  for (let index = 0; index < (b?.length ?? 0); index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
