import { createHash } from 'node:crypto'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TbsError } from '../../error.ts'
import { protocolOf } from '../../names.ts'
import { submoduleUrl } from '../../source/submodule-url.ts'
import { bring, healing } from './bring.ts'
import { explain } from './explain.ts'
import { refusePointers } from './lfs.ts'
import { refuseOutsideLinks } from './links.ts'
import { subjectOf } from './log.ts'
import { inMirror, type Mirror } from './mirror.ts'
import type { GitHome } from './session.ts'
import { type Entry, entriesOf, type Taken } from './tree.ts'

type Checkout = { mirror: Mirror; sha: string; directory: string }

/**
 * Writes a commit and its submodules into an empty directory, and refuses what could not be built or read safely. Gives
 * the first line of its message.
 */
export const checkOut = async (home: GitHome, { mirror, sha, directory }: Checkout): Promise<{ subject: string }> => {
  const root = await realpath(directory)
  const taken: Taken = { files: 0, bytes: 0, submodules: 0 }
  const { entries, subject } = await writeCommit({ home, url: mirror.url, root, taken, within: '', mirror }, sha)
  await refuseOutsideLinks(root, entries)
  await refusePointers(root, entries)
  return { subject }
}

/** A repository on its way to `within` below the root; `url` is the one that all of it belongs to. */
type Part = { home: GitHome; url: string; root: string; taken: Taken; within: string; mirror: Mirror }

/** `entries`: all that was written, with paths from the root. */
type Written = { entries: Entry[]; subject: string }

const writeCommit = async (part: Part, sha: string): Promise<Written> => {
  const { mirror, within, taken } = part
  const [entries, subject] = await healing(mirror, async (again) => {
    if (again || within !== '') await bring(mirror, sha)
    const sum = { ...taken }
    const [found, subject] = await Promise.all([entriesOf(mirror, sha, sum), subjectOf(mirror, sha)])
    // git takes "." for a mistake where there is nothing.
    if (found.length > 0) await writeFiles(part, sha)
    Object.assign(taken, sum)
    return [found, subject] as const
  })
  const written = entries.map((entry) => ({ ...entry, path: join(within, entry.path) }))
  const submodules = entries.filter(({ kind }) => kind === 'submodule')
  const urls = submodules.length > 0 ? await declaredUrls(mirror, sha) : undefined
  for (const { path, sha: commit } of submodules) {
    written.push(...(await writeSubmodule(part, { path, sha: commit, declared: urls?.get(path) })))
  }
  return { entries: written, subject }
}

const writeFiles = async ({ mirror, root, within }: Part, sha: string): Promise<void> => {
  const index = `${root}.index`
  const where = ['--work-tree', join(root, within)]
  try {
    await inMirror(mirror, [...where, 'checkout', '--quiet', '--force', sha, '--', '.'], {
      env: { GIT_INDEX_FILE: index },
    })
  } finally {
    await rm(index, { force: true })
    await rm(`${index}.lock`, { force: true })
  }
}

/** URLs of .gitmodules by path; whatever else it says is not for us. */
const declaredUrls = async (mirror: Mirror, sha: string): Promise<Map<string, string>> => {
  const query = ['config', '--blob', `${sha}:.gitmodules`, '-z', '--get-regexp', '^submodule\\..*\\.(path|url)$']
  const found = await inMirror(mirror, query).catch(() => '')
  const byName = new Map<string, { path?: string; url?: string }>()
  for (const entry of found.split('\0')) {
    const [, name, field, value] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(entry) ?? []
    if (name !== undefined && field !== undefined) byName.set(name, { ...byName.get(name), [field]: value })
  }
  return new Map([...byName.values()].flatMap(({ path, url }) => (path && url ? [[path, url] as const] : [])))
}

type Submodule = { path: string; sha: string; declared: string | undefined }

const writeSubmodule = async (part: Part, { path, sha, declared }: Submodule): Promise<Entry[]> => {
  const { home, root } = part
  const within = join(part.within, path)
  if (declared === undefined) throw broken(within, '.gitmodules does not say where it comes from')
  const url = submoduleUrl(part.mirror.url, declared)
  const protocol = url && protocolOf(url)
  if (!url || !protocol || !home.protocols.includes(protocol)) {
    throw broken(within, `${JSON.stringify(declared).slice(0, 200)} is not a URL that is allowed here`)
  }
  const directory = join(root, within)
  await mkdir(directory, { recursive: true })
  if ((await realpath(directory)) !== directory) throw broken(within, 'its directory is a link')
  const name = createHash('sha256').update(url).digest('hex').slice(0, 16)
  const mirror = { ...part.mirror, url, path: join(part.mirror.path, 'submodules', name) }
  const { entries } = await writeCommit({ ...part, within, mirror }, sha).catch((error) => {
    const explained = explain(error, mirror, home.dataDir)
    if (isLockedElsewhere(explained, part.url, url)) throw broken(within, `${url} can’t be read without a login`)
    throw inSubmodule(explained, within)
  })
  return entries
}

const OWN_CODES = [
  'needs_access',
  'host_key_changed',
  'too_large',
  'fetch_timeout',
  'fetch_stalled',
  'broken_submodule',
]

const inSubmodule = (error: unknown, path: string): unknown => {
  if (!(error instanceof TbsError) || error.message.startsWith('The submodule ')) return error
  const code = OWN_CODES.includes(error.code) ? error.code : 'broken_submodule'
  return new TbsError(code, `The submodule ${path}: ${error.message}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    cause: error,
  })
}

// A token is shown to one server only, so storing another one would not help.
const isLockedElsewhere = (error: unknown, root: string, url: string): boolean =>
  error instanceof TbsError && error.code === 'needs_access' && protocolOf(url) === 'https' && !isSameServer(root, url)

const isSameServer = (one: string, other: string): boolean =>
  URL.canParse(one) && new URL(one).origin === new URL(other).origin

const broken = (path: string, why: string) =>
  new TbsError('broken_submodule', `The submodule ${path}: ${why}`, {
    hint: 'Correct .gitmodules in the repository, or remove the submodule',
  })
