import { TbsError } from '../../error.ts'
import type { Git } from './session.ts'

type Advertised = Map<string, string>

const HEX = /^[0-9a-f]{7,39}$/
const SHOWN = 6

/** All refs of a server, or those of these names. */
export const listRefs = async (git: Git, url: string, names: readonly string[] = []): Promise<Advertised> => {
  const listed = await git.remote(['ls-remote', '--', url, ...names])
  return new Map(
    listed.split('\n').flatMap((line) => {
      const [sha = '', name = ''] = line.split('\t')
      return name ? [[name, sha] as const] : []
    }),
  )
}

/** undefined: the repository is empty, or its HEAD names no branch. */
export const defaultBranchName = async (git: Git, url: string): Promise<string | undefined> => {
  const listed = await git.remote(['ls-remote', '--symref', '--', url, 'HEAD'])
  return /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(listed)?.[1]
}

/**
 * The full name under which a server has a ref; a branch goes before a tag. undefined: it may be a shortened commit.
 * Fails with `unknown_ref`.
 */
export const findRef = async (git: Git, url: string, ref: string | undefined): Promise<string | undefined> => {
  if (ref === undefined) return defaultBranch(git, url)
  const names = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`]
  const short = HEX.test(ref)
  // Only a list of everything tells whether a tip begins with these digits.
  const refs = await listRefs(git, url, short ? [] : names)
  const name = names.find((name) => refs.has(name))
  if (name !== undefined) return name
  if (short) return tipWith(refs, ref)
  throw await unknownRef(git, url, ref)
}

export const unknownRef = async (git: Git, url: string, ref: string): Promise<TbsError> => {
  const branches = [...(await listRefs(git, url, ['refs/heads/*'])).keys()]
    .filter((name) => name.startsWith('refs/heads/'))
    .map((name) => name.slice('refs/heads/'.length))
  const more = branches.length > SHOWN ? ', …' : ''
  return new TbsError('unknown_ref', `${url} has no branch, tag or commit ${ref}`, {
    hint:
      branches.length > 0
        ? `Look at the spelling, or push it first. Branches are: ${branches.slice(0, SHOWN).join(', ')}${more}`
        : 'It has no branches at all: push one first',
  })
}

const defaultBranch = async (git: Git, url: string): Promise<string> => {
  const refs = await listRefs(git, url)
  if (refs.has('HEAD')) return 'HEAD'
  if (refs.size === 0) {
    throw new TbsError('unknown_ref', `${url} is empty: it has no commit`, { hint: 'Push something first' })
  }
  throw new TbsError('unknown_ref', `${url} has no default branch`, { hint: 'Name the branch that you mean' })
}

const tipWith = (refs: Advertised, digits: string): string | undefined => {
  const tips = [...refs].filter(([name, sha]) => sha.startsWith(digits) && !name.endsWith('^{}'))
  return new Set(tips.map(([, sha]) => sha)).size === 1 ? tips[0]?.[0] : undefined
}
