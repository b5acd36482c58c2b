import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** Folders that hold the product; tests, scripts and the rest are around it. */
export const PRODUCT = ['manager-bot', 'deploy-engine', 'telegram-sandbox', 'demo', 'runtime', 'templates']

const AROUND = ['test', 'bench', 'scripts', 'bin']
const SOURCE = /\.(ts|mjs|js)$/

export type SourceFile = {
  /** From the root of the tree, with slashes. */
  path: string
  /** The first part of the path. */
  folder: string
  text: string
  /** The text without comments. */
  code: string
  comments: string[]
  imports: Import[]
}

export type Import = {
  /** A path from the root of the tree, or the name of a package. */
  target: string
  own: boolean
}

/** Every source file under a root folder, in order of their paths. */
export const readSources = (root: string): SourceFile[] =>
  [...PRODUCT, ...AROUND]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => filesUnder(root, folder))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')))

const filesUnder = (root: string, folder: string): string[] => {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true, encoding: 'utf8' })
  return entries
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => posix.join(folder, entry.parentPath.slice(join(root, folder).length), entry.name))
    .filter((path) => !path.includes('/node_modules/'))
}

const sourceFile = (path: string, text: string): SourceFile => {
  const { code, comments } = splitComments(text)
  const imports = specifiers(code).map((specifier) => resolve(path, specifier))
  return { path, folder: path.split('/')[0] ?? '', text, code, comments, imports }
}

const STRING_OR_COMMENT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*.*?\*\//gs

const splitComments = (text: string): { code: string; comments: string[] } => {
  const comments: string[] = []
  const code = text.replace(STRING_OR_COMMENT, (found) => {
    if (!/^\/[/*]/.test(found)) return found
    comments.push(found)
    return ' '
  })
  return { code, comments }
}

/** Code with nothing left in its strings. */
export const withoutStrings = (code: string): string =>
  code.replace(STRING_OR_COMMENT, (found) => `${found[0]}${found.at(-1)}`)

// import … from 'x' · export … from 'x' · import 'x' · import('x'), which is also how a type names a module.
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"\n]+)\1/g

const specifiers = (code: string): string[] => [...code.matchAll(IMPORT)].map(([, , specifier = '']) => specifier)

const resolve = (path: string, specifier: string): Import =>
  specifier.startsWith('.')
    ? { target: posix.join(dirname(path), specifier), own: true }
    : { target: packageName(specifier), own: false }

const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
