import { messageOf } from '../../error.ts'
import { placeOf, type SourceTree } from '../source-tree.ts'
import { readToml, type Toml, type TomlValue } from './toml.ts'

/** Packages as pip takes them, such as `aiogram[fast]>=3`, with the line of each. */
export type ListedPackages = { packages: { written: string; place: string }[]; place: string }

/** What pyproject.toml lists, by PEP 621 or for Poetry; undefined if it lists nothing of the kind. */
export const projectPackages = (tree: SourceTree): ListedPackages | undefined => {
  const text = tree.text.get('pyproject.toml')
  const toml = text === undefined ? undefined : readToml(text)
  return toml && (standard(toml) ?? poetry(toml))
}

const standard = (toml: Toml): ListedPackages | undefined => {
  const field = toml.get('project')?.find(({ key }) => key === 'dependencies')
  if (!field || !Array.isArray(field.value)) return undefined
  const place = `pyproject.toml:${field.line}`
  return { packages: field.value.filter(isRequirement).map((written) => ({ written, place })), place }
}

/** Nothing that pip would take for an option. */
const isRequirement = (written: string): boolean => /^[A-Za-z0-9][^\p{Cc}]{0,300}$/u.test(written)

const poetry = (toml: Toml): ListedPackages | undefined => {
  const fields = toml.get('tool.poetry.dependencies')
  if (!fields) return undefined
  const packages = fields
    .filter(({ key }) => key !== 'python')
    .flatMap(({ key, value, line }) =>
      written(key, value).map((one) => ({ written: one, place: `pyproject.toml:${line}` })),
    )
  return { packages, place: 'pyproject.toml, tool.poetry' }
}

/** Poetry's and Pipenv's notation in pip's own; optional packages and those of this repository are left out. */
const written = (name: string, value: TomlValue): string[] => {
  const table = typeof value === 'string' ? { version: value } : Array.isArray(value) ? {} : value
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(name) || table.optional === 'true' || table.path !== undefined) return []
  const extras = table.extras === undefined ? '' : `[${table.extras.replace(/[^\w,.-]/g, '')}]`
  const { git } = table
  const ref = table.rev ?? table.tag ?? table.branch ?? table.ref
  if (git !== undefined)
    return [`${name}${extras} @ git+${git}${ref === undefined ? '' : `@${ref}`}`].filter(isRequirement)
  return [`${name}${extras}${rangeOf(table.version ?? '')}`].filter(isRequirement)
}

/** `^1.2` is `>=1.2,<2`, `~1.2` is `>=1.2,<1.3`, a bare number is that very version. */
const rangeOf = (range: string): string =>
  range
    .split(/\s*,\s*/)
    .map((part) => {
      const [, operator = '', number = ''] = /^([\^~])\s*(\d[\d.]*)/.exec(part.trim()) ?? []
      if (operator !== '') return `>=${number},<${after(operator, number)}`
      if (/^\d[\w.*]*$/.test(part)) return `==${part}`
      return /^(===?|[<>!~]=|[<>])\s*[\w.*+!-]+$/.test(part.trim()) ? part.trim() : ''
    })
    .filter(Boolean)
    .join(',')

const after = (operator: string, number: string): string => {
  const parts = number.split('.').map(Number)
  const first = parts.findIndex((part) => part > 0)
  const index = operator === '^' ? (first === -1 ? 0 : first) : Math.min(1, parts.length - 1)
  return [...parts.slice(0, index), (parts[index] ?? 0) + 1].join('.')
}

/** What Pipfile.lock pins, else what Pipfile lists. */
export const pipfilePackages = (tree: SourceTree): ListedPackages | undefined => {
  if (!tree.files.includes('Pipfile')) return undefined
  const locked = lockedPackages(tree.text.get('Pipfile.lock'))
  if (locked) return { packages: locked.map((one) => ({ written: one, place: 'Pipfile.lock' })), place: 'Pipfile.lock' }
  const fields = readToml(tree.text.get('Pipfile') ?? '').get('packages') ?? []
  const packages = fields.flatMap(({ key, value, line }) =>
    written(key, value).map((one) => ({ written: one, place: `Pipfile:${line}` })),
  )
  return { packages, place: placeOf(tree, 'Pipfile', /^\[packages\]/) }
}

const lockedPackages = (text: string | undefined): string[] | undefined => {
  const lock = text === undefined ? undefined : parsed(text)
  const packages = typeof lock === 'object' && lock !== null && 'default' in lock ? lock.default : undefined
  if (typeof packages !== 'object' || packages === null) return undefined
  return Object.entries(packages).flatMap(([name, entry]: [string, unknown]) => {
    const version = typeof entry === 'object' && entry !== null && 'version' in entry ? String(entry.version) : ''
    return written(name, { version: version === '' ? '' : version.slice(0, 100) })
  })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    return messageOf(error) // A lockfile that is broken is none: Pipfile says what is wanted.
  }
}
