import { readYaml } from '../../source/read-yaml.ts'
import { below, directoryOf, resolvePath, type SourceTree, upwards } from '../source-tree.ts'

/** The directory above whose lockfile and install cover a package, and the line that says so. */
export type Workspace = { root: string; place: string }

/** The workspace that the package in `directory` belongs to; undefined: it stands alone. */
export const workspaceOf = (tree: SourceTree, directory: string): Workspace | undefined => {
  if (directory === '') return undefined
  for (const root of upwards(directoryOf(directory))) {
    const inside = root === '' ? directory : directory.slice(root.length + 1)
    const found = patternsIn(below(tree, root))
    if (found?.patterns.some((pattern) => matches(pattern, inside))) {
      return { root, place: resolvePath(root, found.file) ?? found.file }
    }
  }
  return undefined
}

/** Names of the packages in it are not needed: whatever is installed at its root is there for all. */
const patternsIn = (tree: SourceTree): { file: string; patterns: string[] } | undefined => {
  const pnpm = parsed(() => readYaml(tree.text.get('pnpm-workspace.yaml') ?? '').content)
  if (tree.files.includes('pnpm-workspace.yaml')) {
    return { file: 'pnpm-workspace.yaml', patterns: textsIn(fieldOf(pnpm, 'packages')) }
  }
  const manifest = parsed((): unknown => JSON.parse(tree.text.get('package.json') ?? 'null'))
  const workspaces = fieldOf(manifest, 'workspaces')
  const patterns = textsIn(Array.isArray(workspaces) ? workspaces : fieldOf(workspaces, 'packages'))
  return patterns.length === 0 ? undefined : { file: 'package.json', patterns }
}

const parsed = (read: () => unknown): unknown => {
  try {
    return read()
  } catch {
    return undefined // Whoever needs this file reads it again and says what is wrong with it.
  }
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined

const textsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string').slice(0, 50) : []

/** `packages/*` and `apps/**`; what a pattern takes out again is not looked at. */
const matches = (pattern: string, path: string): boolean => {
  const parts = pattern
    .slice(0, 200)
    .replace(/^\.\/|\/+$/g, '')
    .split('/')
  const names = path.split('/')
  if (parts.at(-1) === '**') return parts.slice(0, -1).every((part, index) => fits(part, names[index]))
  return parts.length === names.length && parts.every((part, index) => fits(part, names[index]))
}

const fits = (part: string, name: string | undefined): boolean =>
  name !== undefined && (part === '*' || part === name || (part.endsWith('*') && name.startsWith(part.slice(0, -1))))
