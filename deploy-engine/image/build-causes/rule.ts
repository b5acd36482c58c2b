export type Cause = {
  /** Ends the sentence “npm ci” ended with code 1: … */
  text: string
  /** What to do about it. */
  hint?: string
}

/** How a cause is recognised in what a step printed; rules are tried in order, the first that gives one wins. */
export type Rule = {
  /** Finds the lines that are shown as evidence. */
  pattern: RegExp
  /** undefined: it is not that after all. */
  cause: (found: Found) => Cause | undefined
}

/** Named groups of the pattern ('' where one took no part), and the whole output for a second look. */
export type Found = { groups: Record<string, string>; output: string }

/** The first group of a pattern, '' if it is not there. */
export const first = (output: string, pattern: RegExp): string => pattern.exec(output)?.[1] ?? ''

export const count = (output: string, pattern: RegExp): number => output.match(pattern)?.length ?? 0

/** A package and the version asked for, of `name@version`; names may begin with an @ themselves. */
export const splitPackage = (spec: string): { name: string; version: string } => {
  const at = spec.indexOf('@', 1)
  return at === -1 ? { name: spec, version: '' } : { name: spec.slice(0, at), version: spec.slice(at + 1) }
}

export const notInRegistry = (name: string, code: string): Cause => ({
  text: `the package ${name} is not in the npm registry (${code})`,
  hint: 'Is its name in package.json right? A private package needs a token for its registry',
})

export const noSuchVersion = (spec: string, code: string): Cause => {
  const { name, version } = splitPackage(spec)
  return {
    text: `no version of ${name} fits ${version} (${code})`,
    hint: `Change the version of ${name} in package.json`,
  }
}

export const staleLockfile = (lockfile: string, code: string, detail = ''): Cause => ({
  text: `${lockfile} does not fit package.json${detail} (${code})`,
  hint: `Install the packages once on your own machine and commit ${lockfile}`,
})
