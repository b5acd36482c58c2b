import { z } from 'zod'
import { messageOf, TbsError } from '../../error.ts'
import type { SourceTree } from '../source-tree.ts'

/** What detection needs of package.json. Fields of another type than npm expects count as absent. */
export type PackageJson = z.output<typeof PackageJsonSchema>

/** undefined: the tree has no package.json at its top. Fails with `cannot_detect` if it is not readable. */
export const readPackageJson = (tree: SourceTree): PackageJson | undefined => {
  if (!tree.files.includes('package.json')) return undefined
  const result = PackageJsonSchema.safeParse(parse(tree.text.get('package.json')))
  if (!result.success) throw unreadable('it is not an object')
  return result.data
}

/** `package.json:7`: where a key stands, within an object such as `scripts` if one is named. */
export const packageJsonPlace = (tree: SourceTree, key: string, object?: string): string => {
  const text = tree.text.get('package.json') ?? ''
  const from = object === undefined ? 0 : text.indexOf(`"${object}"`)
  const offset = from === -1 ? -1 : text.indexOf(`"${key}":`, from)
  return offset === -1 ? 'package.json' : `package.json:${text.slice(0, offset).split('\n').length}`
}

/** The version range under which a package is listed as a dependency of any kind. */
export const dependency = (manifest: PackageJson, name: string): string | undefined =>
  manifest.dependencies[name] ?? manifest.devDependencies[name] ?? manifest.optionalDependencies[name]

/** Whether Bun installs and runs it. */
export const usesBun = (tree: SourceTree, manifest: PackageJson): boolean =>
  tree.files.some((file) => /^bun\.lockb?$/.test(file)) || manifest.packageManager?.startsWith('bun@') === true

const Texts = z.record(z.string(), z.unknown()).catch({}).transform(onlyTexts)
const MaybeText = z.string().optional().catch(undefined)
const MaybeFile = z.string().trim().min(1).optional().catch(undefined)

const PackageJsonSchema = z.object({
  main: MaybeFile,
  /** Where Bun's own template names the entry. */
  module: MaybeFile,
  packageManager: MaybeText,
  engines: Texts,
  volta: z.object({ node: MaybeText }).optional().catch(undefined),
  scripts: Texts,
  dependencies: Texts,
  devDependencies: Texts,
  optionalDependencies: Texts,
  workspaces: z.unknown().optional(),
  nodemonConfig: z.object({ exec: MaybeText }).optional().catch(undefined),
  pnpm: z.object({ patchedDependencies: z.unknown().optional() }).optional().catch(undefined),
})

function onlyTexts(record: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(texts)
}

const parse = (text: string | undefined): unknown => {
  if (text === undefined) throw unreadable('it is larger than this version reads')
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw unreadable(messageOf(error))
  }
}

const unreadable = (problem: string): TbsError =>
  new TbsError('cannot_detect', `package.json cannot be read: ${problem}`, {
    hint: 'Correct package.json, push it and deploy again',
  })
