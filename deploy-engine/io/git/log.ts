import type { Commit, CommitRange } from '../../ports.ts'
import { inMirror, type Mirror } from './mirror.ts'
import { GitFailed } from './run.ts'
import type { Git } from './session.ts'

// Where a fetch cut the history off, the commit still names its parents. They may have come with another fetch, so
// the file that says where is left aside; git fails when a commit on the way is really missing.
const UNCUT = ['--shallow-file', '']
const SUBJECT_LENGTH = 100

/** undefined: the mirror does not hold all of these commits. */
export const commitsIn = async (
  git: Git,
  { mirror, from, to, limit }: CommitRange,
): Promise<{ newest: Commit[]; count: number } | undefined> => {
  const range = ['--topo-order', to, `^${from}`, '--']
  const uncut = [...UNCUT, '--git-dir', mirror]
  try {
    const count = await git.local([...uncut, 'rev-list', '--count', ...range])
    const shown = await git.local([...uncut, 'log', `--max-count=${limit}`, '--format=%H %s', ...range])
    return { newest: shown.split('\n').filter(Boolean).map(commitOf), count: Number(count) }
  } catch (error) {
    if (error instanceof GitFailed) return undefined
    throw error
  }
}

/** The first line of a commit's message. */
export const subjectOf = async (mirror: Mirror, sha: string): Promise<string> =>
  (await inMirror(mirror, ['log', '-1', '--format=%s', sha, '--'])).slice(0, SUBJECT_LENGTH)

const commitOf = (line: string): Commit => {
  const space = line.indexOf(' ')
  return { sha: line.slice(0, space), subject: line.slice(space + 1).slice(0, SUBJECT_LENGTH) }
}
