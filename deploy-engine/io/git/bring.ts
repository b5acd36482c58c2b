import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TbsError } from '../../error.ts'
import type { FetchedRef } from '../../ports.ts'
import { isMissingRef, isUnadvertised, reasonIn } from './explain.ts'
import { findRef, unknownRef } from './find-ref.ts'
import { BrokenMirror, fetchInto, inMirror, isWorn, type Mirror, makeAnew, openMirror } from './mirror.ts'
import { GitFailed } from './run.ts'

const FULL = /^[0-9a-f]{40}$/
const SHA_LENGTH = 40
const WANTED = 'refs/tbs/wanted'
const SAME_NAME = 'refs/tbs/same/'

/** Brings a ref's commit into the mirror, by the least that it takes: nothing, one commit, or everything. */
export const bring = async (mirror: Mirror, ref: string | undefined): Promise<FetchedRef> => {
  await openMirror(mirror)
  return healing(mirror, () => (ref !== undefined && FULL.test(ref) ? bringCommit(mirror, ref) : bringRef(mirror, ref)))
}

/** A mirror that can't be used is made anew, once. Fails with `mirror_broken` or `disk_full` if that does not help. */
export const healing = async <T>(mirror: Mirror, work: (again: boolean) => Promise<T>): Promise<T> => {
  try {
    return await work(false)
  } catch (error) {
    if (!(error instanceof BrokenMirror)) throw error
    await makeAnew(mirror)
  }
  return work(true).catch((error) => {
    throw error instanceof BrokenMirror ? unusable(mirror, error) : error
  })
}

const unusable = ({ url }: Mirror, error: BrokenMirror): TbsError => {
  const reason = error.cause instanceof GitFailed ? reasonIn(error.cause.stderr) : error.message
  if (/no space left/i.test(error.message)) {
    return new TbsError('disk_full', `The disk is full: ${reason}`, {
      hint: 'Free some disk and try again',
      cause: error,
    })
  }
  return new TbsError('mirror_broken', `${url} can’t be used as it was fetched: ${reason}`, {
    hint: 'Is the repository whole? Try there: git fsck',
    cause: error,
  })
}

const bringRef = async (mirror: Mirror, ref: string | undefined): Promise<FetchedRef> => {
  try {
    return await bringBranch(mirror, ref)
  } catch (error) {
    if (!isMissingRef(error)) throw error
  }
  const name = await findRef(mirror.git, mirror.url, ref)
  if (name === undefined) return bringShortened(mirror, ref ?? '')
  await fetchOne(mirror, name).catch(async (error) => {
    // Deleted since it was listed.
    throw isMissingRef(error) ? await unknownRef(mirror.git, mirror.url, ref ?? 'HEAD') : error
  })
  return commitAt(mirror, WANTED)
}

/** What most fetches are for, in one connection: a branch goes before a tag of the same name, which comes along. */
const bringBranch = async (mirror: Mirror, ref: string | undefined): Promise<FetchedRef> => {
  if (ref === undefined || ref.startsWith('refs/')) {
    await fetchOne(mirror, ref ?? 'HEAD')
    return commitAt(mirror, WANTED)
  }
  // With a star a tag that is not there is no failure.
  await fetchOne(mirror, `refs/heads/${ref}`, `+refs/tags/${ref}*:${SAME_NAME}${ref}*`)
  const fetched = await readFile(join(mirror.path, 'FETCH_HEAD'), 'utf8')
  const named = (kind: string) => fetched.split('\n').find((line) => line.includes(`\t${kind} '${ref}' of `))
  const sha = named('branch')?.slice(0, SHA_LENGTH)
  if (sha === undefined) throw new BrokenMirror(`it does not say which commit ${ref} is`)
  return { sha, ...(named('tag') && { note: `${ref} is a tag, too; the branch was taken` }) }
}

const bringCommit = async (mirror: Mirror, sha: string): Promise<FetchedRef> => {
  const known = await knownCommit(mirror, sha)
  if (known) return known
  try {
    await fetchOne(mirror, sha)
  } catch (error) {
    if (isMissingRef(error)) throw await unknownRef(mirror.git, mirror.url, sha)
    if (!isUnadvertised(error)) throw error
    await fetchAll(mirror)
    if (!(await lookUp(mirror, sha))) throw await unknownRef(mirror.git, mirror.url, sha)
  }
  return commitAt(mirror, sha)
}

// A server gives no commit by a shortened id: bring everything and look it up here.
const bringShortened = async (mirror: Mirror, digits: string): Promise<FetchedRef> => {
  const known = await lookUp(mirror, digits)
  if (known) return commitAt(mirror, known)
  await fetchAll(mirror)
  const sha = await lookUp(mirror, digits)
  if (!sha) throw await unknownRef(mirror.git, mirror.url, digits)
  return commitAt(mirror, sha)
}

const fetchOne = async (mirror: Mirror, name: string, ...more: string[]): Promise<void> => {
  if (await isWorn(mirror)) await makeAnew(mirror)
  await fetchInto(mirror, [`+${name}:${WANTED}`, ...more], ['--depth', '1', '--prune'])
}

const fetchAll = async (mirror: Mirror): Promise<void> => {
  const cut = await access(join(mirror.path, 'shallow')).then(
    () => true,
    () => false,
  )
  const everything = ['+refs/heads/*:refs/tbs/heads/*', '+refs/tags/*:refs/tbs/tags/*']
  await fetchInto(mirror, everything, cut ? ['--prune', '--unshallow'] : ['--prune'])
}

/** undefined: it is not there, or not to be read; then fetching it shows which. */
const knownCommit = (mirror: Mirror, sha: string): Promise<FetchedRef | undefined> =>
  commitAt(mirror, sha).catch((error) => {
    if (error instanceof BrokenMirror) return undefined
    throw error
  })

/** Full id of a commit that the mirror has. Fails with `ambiguous_ref`. */
const lookUp = async ({ git, path }: Mirror, ref: string): Promise<string | undefined> => {
  try {
    return await git.local(['--git-dir', path, 'rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`])
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error
    if (!/is ambiguous/.test(error.stderr)) return undefined
    throw new TbsError('ambiguous_ref', `More than one commit begins with ${ref}`, { hint: 'Give more of its digits' })
  }
}

const commitAt = async (mirror: Mirror, name: string): Promise<FetchedRef> => ({
  sha: await inMirror(mirror, ['log', '-1', '--format=%H', `${name}^{commit}`, '--']),
})
