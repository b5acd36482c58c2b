const DATA =
  /\.(db|db3|sqlite|sqlite3|json|jsonl|csv|session|yaml|yml|dat|bin|pickle|pkl|rdb|ldb)(-(wal|shm|journal))?$/i
const PACKAGES = /(^|\/)(node_modules|\.npm|\.cache|\.pnpm-store|\.yarn|__pycache__|site-packages)\//
const SYSTEM = /^\/(tmp|run|proc|sys|dev|etc|usr|var\/(cache|lib\/(apt|dpkg)|log))\//
const MANIFEST = /(^|\/)(package|package-lock|npm-shrinkwrap|tsconfig)\.json$/

/** Of the paths that a container changed outside volumes, those that look like a bot's data; `own` are our files. */
export const dataFiles = (
  changes: readonly { path: string; kind: 0 | 1 | 2 }[],
  own: readonly string[] = [],
): string[] =>
  changes.flatMap(({ path, kind }) =>
    kind !== 2 && DATA.test(path) && !isNotData(path) && !own.includes(path) ? [path] : [],
  )

const isNotData = (path: string): boolean => [PACKAGES, SYSTEM, MANIFEST].some((pattern) => pattern.test(path))

const SHOWN = 3

/**
 * Directories that hold these files and could become volumes: not those that the program itself is in. `beside` are
 * the files for which there is no such directory.
 */
export const dataDirectories = (
  files: readonly string[],
  workdir: string,
): { directories: string[]; beside: string[] } => {
  const holdsProgram = (directory: string) => `${workdir}/`.startsWith(`${directory === '/' ? '' : directory}/`)
  const all = [...new Set(files.map((file) => file.slice(0, file.lastIndexOf('/')) || '/'))].sort()
  const usable = all.filter((directory) => !holdsProgram(directory))
  const outermost = usable.filter((one) => !usable.some((other) => one.startsWith(`${other}/`)))
  const beside = files.filter((file) => holdsProgram(file.slice(0, file.lastIndexOf('/')) || '/'))
  return { directories: outermost.slice(0, SHOWN), beside: beside.slice(0, SHOWN) }
}
