/** What detection looks at: every path of the repository, and the text of those that are `interesting`. */
export type SourceTree = { files: readonly string[]; text: ReadonlyMap<string, string> }

/** Whether the caller should read a file's text for the tree. */
export const interesting = (path: string): boolean => {
  if (isForeign(path)) return false
  const name = nameOf(path)
  if (MANIFESTS.has(name) || isRequirements(path) || isDockerfile(path) || isIgnoreOfDockerfile(path)) return true
  return isEnvExample(path) || isComposeOrReadme(name) || isSource(path)
}

/** In a directory that others' programs are unpacked into. */
export const isForeign = (path: string): boolean =>
  /(^|\/)(node_modules|bower_components|vendor|\.git|\.yarn|\.venv|venv|site-packages|__pycache__)\//.test(path)

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
  /(docker|container)file/i.test(nameOf(path)) && !OTHER_FILES.test(path) && !isIgnoreOfDockerfile(path)

/** Text about Dockerfiles, programs that make them, and what an editor left. */
const OTHER_FILES =
  /\.([cm]?[jt]sx?|py|go|rs|rb|php|java|kt|cs|sh|md|txt|ya?ml|json|toml|j2|tmpl|bak|old|orig|swp)$|~$/i

/** The list that a newer Docker reads in place of .dockerignore. */
const isIgnoreOfDockerfile = (path: string): boolean => /(docker|container)file[^/]*\.dockerignore$/i.test(path)

/** Lists of Python packages under the many names they have. */
export const isRequirements = (path: string): boolean =>
  /(^|\/)(requir\w{2,10}|reqs?|constraints)([._-][\w.-]+)?\.txt$|(^|\/)requirements\/[\w.-]+\.txt$/i.test(path)

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
  'Procfile',
  'pyproject.toml',
  'Pipfile',
  'Pipfile.lock',
  'setup.cfg',
  '.python-version',
  'runtime.txt',
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'bun.lock',
  '.yarnrc.yml',
  'pnpm-workspace.yaml',
  'nodemon.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  '.nvmrc',
  '.node-version',
  '.gitignore',
  '.dockerignore',
])

/** A path as it is meant from a directory of the repository; undefined if it leads out of it. */
export const resolvePath = (directory: string, path: string): string | undefined => {
  const parts: string[] = []
  for (const part of `${directory}/${path}`.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined
    if (part !== '' && part !== '.' && part !== '..') parts.push(part)
  }
  return path.startsWith('/') ? undefined : parts.join('/')
}

/** '' for what is at the top. */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** A directory and those above it, up to the top, which is ''. */
export const upwards = (directory: string): string[] =>
  directory === '' ? [''] : [directory, ...upwards(directoryOf(directory))]

export const hasDirectory = (tree: SourceTree, directory: string): boolean =>
  directory === '' || tree.files.some((path) => path.startsWith(`${directory}/`))
