import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TbsError } from '../../error.ts'
import type { Remote } from '../../ports.ts'
import { isMissingRef, isUnadvertised } from './explain.ts'
import type { GitLimits } from './limits.ts'
import { GitFailed } from './run.ts'
import type { Git } from './session.ts'

/** A bare repository of our own that holds what was fetched from one URL. It is a cache: it can always be made anew. */
export type Mirror = Remote & { git: Git; path: string; limits: GitLimits }

/** What this machine has of the repository can't be used. */
export class BrokenMirror extends Error {
  override readonly name = 'BrokenMirror'
}

/** Reads what was fetched. That fails only when the mirror is broken. */
export const inMirror = async (
  { git, path }: Mirror,
  args: readonly string[],
  options: Parameters<Git['local']>[1] = {},
): Promise<string> => {
  try {
    return await git.local(['--git-dir', path, ...args], options)
  } catch (cause) {
    throw cause instanceof GitFailed ? new BrokenMirror(cause.message, { cause }) : cause
  }
}

/** Fetches into the mirror while it does not grow too much. Fails with GitFailed, BrokenMirror or `too_large`. */
export const fetchInto = async (mirror: Mirror, refspecs: readonly string[], how: readonly string[]): Promise<void> => {
  const { git, path, url } = mirror
  const growth = await watchGrowth(mirror)
  const quietly = ['--progress', '--no-tags', '--force', '--no-auto-maintenance']
  try {
    const options = { signal: growth.signal }
    await git.remote(['--git-dir', path, 'fetch', ...quietly, ...how, '--', url, ...refspecs], options)
    await growth.look()
  } catch (cause) {
    // Whole packs of something too large would stay, too.
    await (cause instanceof TbsError && cause.code === 'too_large' ? makeAnew(mirror) : removeLeftovers(path))
    if (!(cause instanceof GitFailed) || isMissingRef(cause) || isUnadvertised(cause)) throw cause
    await git.remote(['ls-remote', '--', url, 'HEAD'])
    // The server answers, so it is the mirror that could not take what it sent.
    throw new BrokenMirror(cause.message, { cause })
  } finally {
    growth.end()
  }
}

/** Makes sure that the mirror is there, is one of this URL, and has no leftovers of a fetch that was cut off. */
export const openMirror = async (mirror: Mirror): Promise<void> => {
  if ((await urlOf(mirror.path)) === mirror.url) return removeLeftovers(mirror.path)
  await makeAnew(mirror)
}

/** The URL is written last: what has one is whole. */
export const makeAnew = async ({ git, path, url }: Mirror): Promise<void> => {
  await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true })
  await git.local(['init', '--quiet', '--bare', '--template=', '--', path])
  await writeFile(`${join(path, URL_FILE)}.part`, url)
  await rename(`${join(path, URL_FILE)}.part`, join(path, URL_FILE))
}

const URL_FILE = 'tbs-url'

/** undefined: there is no whole mirror. */
export const urlOf = (path: string): Promise<string | undefined> => orMissing(readFile(join(path, URL_FILE), 'utf8'))

export const isWorn = async ({ path, limits }: Mirror): Promise<boolean> =>
  (await namesIn(join(path, 'objects', 'pack'))).filter((name) => name.endsWith('.pack')).length > limits.packs

/** Locks and unfinished packs: of a killed git, since nobody else may be using the mirror at this time. */
export const removeLeftovers = async (path: string): Promise<void> => {
  const top = (await namesIn(path)).filter((name) => /\.lock$|^index/.test(name))
  const refs = (await readdir(join(path, 'refs'), { recursive: true }).catch(() => [])).filter((name) =>
    name.endsWith('.lock'),
  )
  const packs = (await namesIn(join(path, 'objects', 'pack'))).filter((name) => /^tmp_|\.lock$|\.keep$/.test(name))
  const leftovers = [
    ...top.map((name) => join(path, name)),
    ...refs.map((name) => join(path, 'refs', name)),
    ...packs.map((name) => join(path, 'objects', 'pack', name)),
  ]
  for (const leftover of leftovers) await rm(leftover, { force: true })
}

const LOOK_MS = 250

type Growth = { signal: AbortSignal; look(): Promise<void>; end(): void }

/** git has no limit for what it receives, so the directory that it receives into is looked at. */
const watchGrowth = async (mirror: Mirror): Promise<Growth> => {
  const directory = join(mirror.path, 'objects', 'pack')
  const before = await sizeOf(directory)
  const stop = new AbortController()
  const look = async () => {
    const grown = (await sizeOf(directory)) - before
    if (grown > mirror.limits.bytes) throw tooLarge(mirror, `sends more than ${inMegabytes(mirror.limits.bytes)}`)
  }
  const timer = setInterval(() => look().catch((error) => stop.abort(error)), LOOK_MS)
  return { signal: stop.signal, look, end: () => clearInterval(timer) }
}

export const tooLarge = ({ url }: Pick<Mirror, 'url'>, what: string) =>
  new TbsError('too_large', `${url} is too large: it ${what}`, {
    hint: 'Keep large files out of the repository; a build can download them',
  })

export const inMegabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MB`

const sizeOf = async (directory: string): Promise<number> => {
  let sum = 0
  for (const name of await namesIn(directory)) sum += (await orMissing(stat(join(directory, name))))?.size ?? 0
  return sum
}

const namesIn = async (directory: string): Promise<string[]> => (await orMissing(readdir(directory))) ?? []

const orMissing = <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
