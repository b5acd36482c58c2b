const RUNNABLE = /(?:^|\/)(?:package\.json|Dockerfile|requirements\.txt|pyproject\.toml|tbs\.yaml)$/
const SHOWN = 5

/** Directories that something can be started from, those most like `path` first; "." is the whole repository. */
export const runnableDirectories = (files: readonly string[], path: string): string[] => {
  const found = files.filter((file) => RUNNABLE.test(file)).map((file) => file.replace(/\/?[^/]*$/, '') || '.')
  const likeness = (directory: string): number => {
    const [one, other] = [lastPart(directory), lastPart(path)]
    if (one === other) return 0
    return one.includes(other) || other.includes(one) ? 1 : 2
  }
  return [...new Set(found)].sort((a, b) => likeness(a) - likeness(b) || a.length - b.length).slice(0, SHOWN)
}

const lastPart = (path: string): string => path.toLowerCase().split('/').at(-1) ?? ''
