/** What detection looks at: every path of the repository, and the text of those that are `interesting`. */
export type SourceTree = { files: readonly string[]; text: ReadonlyMap<string, string> }

/** Whether the caller should read a file's text for the tree. */
export const interesting = (path: string): boolean => {
  if (/(^|\/)(node_modules|bower_components|vendor|\.git|\.venv|venv|__pycache__)\//.test(path)) return false
  const name = nameOf(path)
  return MANIFESTS.has(name) || isDockerfile(path) || isEnvExample(path) || isComposeOrReadme(name) || isSource(path)
}

/** Relative paths below a directory, as that directory sees them; '' is the whole tree. */
export const below = (tree: SourceTree, directory: string): SourceTree => {
  if (directory === '') return tree
  const prefix = `${directory}/`
  const inside = (path: string) => path.startsWith(prefix)
  return {
    files: tree.files.filter(inside).map((path) => path.slice(prefix.length)),
    text: new Map(
      [...tree.text].filter(([path]) => inside(path)).map(([path, text]) => [path.slice(prefix.length), text]),
    ),
  }
}

export const isDockerfile = (path: string): boolean =>
  /dockerfile|containerfile/i.test(nameOf(path)) && !path.endsWith('.dockerignore')

/** The many spellings of a file that lists the variables of a bot; a committed `.env` counts as well. */
export const isEnvExample = (path: string): boolean =>
  /^(config)?[._-]?env([._-]\w+)?[._-](example|exemple|sample|dist|template|tpl|defaults?|ren)$/i.test(nameOf(path)) ||
  /^\.?(example|sample|template|config)[._-]env$|^env\.text$|^\.env$/i.test(nameOf(path))

/** Program text, generated and vendored files left out. */
export const isSource = (path: string): boolean =>
  /\.([cm]?[jt]sx?|py|go|rb|rs|php|java|kt|cs)$/.test(path) &&
  !/\.(d\.[cm]?ts|min\.js)$|(^|\/)(dist|build|out|coverage)\//.test(path)

export const isTest = (path: string): boolean =>
  /(^|\/)(tests?|__tests__|spec|e2e)\/|[._](test|spec)\.\w+$|(^|\/)(jest|vitest)\.|(^|\/)test_\w+\.py$/i.test(path)

export const isComposeOrReadme = (name: string): boolean =>
  /^((docker-)?compose[\w.-]*\.ya?ml|readme(\.\w+)*)$/i.test(name)

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** `path:line` of the first line that matches, counted from 1; the path alone if none does. */
export const placeOf = (tree: SourceTree, path: string, pattern: RegExp): string => {
  const index = (tree.text.get(path) ?? '').split('\n').findIndex((line) => pattern.test(line))
  return index === -1 ? path : `${path}:${index + 1}`
}

const MANIFESTS = new Set([
  'tbs.yaml',
  'package.json',
  'nodemon.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  '.nvmrc',
  '.node-version',
  '.gitignore',
  '.dockerignore',
])
