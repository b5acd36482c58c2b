import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GIT_LIMITS } from '../../../deploy-engine/io/git/limits.ts'
import { systemGit } from '../../../deploy-engine/io/git.ts'
import type { GitPort } from '../../../deploy-engine/ports.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'

const { signal } = new AbortController()
let git: GitPort
let directory: string
let repo: GitRepo
let first: string
let count = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-git-'))
  git = systemGit({ dataDir: join(directory, 'data'), gitProtocols: ['file'] })
  repo = await gitRepo(join(directory, 'repo'))
  first = await repo.commit('main', { 'a.txt': '1', 'gone.txt': 'x' }, 'First')
  await repo.commit('main', { 'a.txt': '2', 'sub/b.txt': 'b' }, 'Second')
  await repo.commit('other', { 'o.txt': 'o' }, 'Other')
  inRepo(repo, 'tag', 'light', first)
  inRepo(repo, 'tag', '--annotate', '-m', 'a note', 'v1.0', first)
  inRepo(repo, 'branch', 'both', 'other')
  inRepo(repo, 'tag', 'both', first)
  inRepo(repo, 'checkout', '--quiet', 'main')
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const inRepo = ({ directory: cwd }: GitRepo, ...args: string[]): string => {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org']
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8' }).trim()
}

const fresh = (): string => join(directory, `mirror ${count++}`)

const fetch = (mirror: string, ref?: string, { url } = repo) => git.fetch({ mirror, url, ...(ref && { ref }) }, signal)

/** The message of a commit that the mirror has. */
const messageAt = (mirror: string, sha: string): string =>
  execFileSync('git', ['--git-dir', mirror, 'log', '-1', '--format=%s', sha], { encoding: 'utf8' }).trim()

const filesAt = async (mirror: string, sha: string): Promise<string[]> => {
  const into = await mkdtemp(join(directory, 'tree-'))
  await git.checkout({ mirror, sha, directory: into }, signal)
  const entries = await readdir(into, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(into.length + 1))
    .sort()
}

/** While it runs the server is away. */
const offline = async <T>({ directory: there }: GitRepo, work: () => Promise<T>): Promise<T> => {
  await rename(there, `${there}.away`)
  return work().finally(() => rename(`${there}.away`, there))
}

describe('a ref is found', () => {
  test.each([
    ['the default branch', undefined, 'Second'],
    ['a branch', 'other', 'Other'],
    ['a branch by its full name', 'refs/heads/other', 'Other'],
    ['a tag', 'light', 'First'],
    ['an annotated tag', 'v1.0', 'First'],
    ['the full id of an older commit', () => first, 'First'],
    ['a short id of an older commit', () => first.slice(0, 7), 'First'],
    ['a short id of a tip', () => inRepo(repo, 'rev-parse', 'other').slice(0, 9), 'Other'],
  ])('%s, in a fresh mirror', async (_what, ref, subject) => {
    const wanted = typeof ref === 'function' ? ref() : ref
    const mirror = fresh()
    const found = await fetch(mirror, wanted)
    expect(messageAt(mirror, found.sha)).toBe(subject)
    expect(found.note).toBeUndefined()
    expect(await filesAt(mirror, found.sha)).not.toEqual([])
  })

  test('a short id of an older commit, in a mirror that holds only the newest', async () => {
    const history = await gitRepo(join(directory, 'history'))
    const oldest = await history.commit('main', { 'old.txt': 'o' })
    await history.commit('main', { 'a.txt': '2' })
    const newest = await history.commit('main', { 'a.txt': '3' })
    const mirror = fresh()
    await fetch(mirror, 'main', history)
    expect(await fetch(mirror, oldest.slice(0, 8), history)).toMatchObject({ sha: oldest })
    expect(await filesAt(mirror, oldest)).toEqual(['old.txt'])
    expect((await fetch(mirror, 'main', history)).sha).toBe(newest)
  })

  test('what is both is the branch, and that is said', async () => {
    expect(await fetch(fresh(), 'both')).toEqual({
      sha: inRepo(repo, 'rev-parse', 'other'),
      note: expect.stringMatching(/is a tag, too/),
    })
  })
})

test('only what is needed is fetched: one commit, and nothing that is there already', async () => {
  const mirror = fresh()
  const { sha } = await fetch(mirror, 'main')
  const commits = execFileSync('git', ['--git-dir', mirror, 'rev-list', '--count', sha], { encoding: 'utf8' })
  expect(commits.trim()).toBe('1')
  const packs = () => readdir(join(mirror, 'objects', 'pack'))
  const before = await packs()
  await fetch(mirror, 'main')
  expect(await packs()).toEqual(before)
  await offline(repo, async () => {
    expect(await fetch(mirror, sha)).toEqual({ sha })
    expect(await filesAt(mirror, sha)).toEqual(['a.txt', 'sub/b.txt'])
    await expect(fetch(mirror, 'main')).rejects.toMatchObject({ code: 'fetch_failed' })
  })
})

test('a branch that moved or was forced back, and a moved tag, are followed', async () => {
  const moving = await gitRepo(join(directory, 'moving'))
  const mirror = fresh()
  const one = await moving.commit('main', { 'a.txt': '1' })
  inRepo(moving, 'tag', 'v1')
  expect((await fetch(mirror, 'v1', moving)).sha).toBe(one)
  const two = await moving.commit('main', { 'a.txt': '2' })
  inRepo(moving, 'tag', '--force', 'v1')
  expect((await fetch(mirror, 'main', moving)).sha).toBe(two)
  expect((await fetch(mirror, 'v1', moving)).sha).toBe(two)
  await moving.commit('aside', {})
  inRepo(moving, 'branch', '--force', 'main', one)
  expect((await fetch(mirror, 'main', moving)).sha).toBe(one)
  const amended = await moving.commit('again', { 'a.txt': '3' })
  inRepo(moving, 'branch', '--force', 'main', amended)
  expect((await fetch(mirror, 'main', moving)).sha).toBe(amended)
})

test('a checkout is exactly the files of that commit, also from a mirror that was used before', async () => {
  const mirror = fresh()
  for (const [ref, files] of [
    [first, ['a.txt', 'gone.txt']],
    ['main', ['a.txt', 'sub/b.txt']],
    [first, ['a.txt', 'gone.txt']],
  ] as const) {
    const { sha } = await fetch(mirror, ref)
    expect(await filesAt(mirror, sha)).toEqual(files)
  }
})

describe('what can not be had is named', () => {
  test('a ref that does not exist, with the branches that do', async () => {
    await expect(fetch(fresh(), 'nope')).rejects.toMatchObject({
      code: 'unknown_ref',
      message: expect.stringContaining('has no branch, tag or commit nope'),
      hint: expect.stringContaining('Branches are: both, main, other'),
    })
  })

  test.each(['0123456789012345678901234567890123456789', '0123456'])('the commit %s', async (ref) => {
    await expect(fetch(fresh(), ref)).rejects.toMatchObject({ code: 'unknown_ref' })
  })

  test('a branch that was deleted on the server', async () => {
    const mirror = fresh()
    inRepo(repo, 'branch', 'short-lived', 'main')
    await fetch(mirror, 'short-lived')
    inRepo(repo, 'branch', '-D', 'short-lived')
    await expect(fetch(mirror, 'short-lived')).rejects.toMatchObject({ code: 'unknown_ref' })
  })

  test('a repository that is not there: what git said', async () => {
    const nowhere = { mirror: fresh(), url: `file://${directory}/nowhere` }
    await expect(git.fetch(nowhere, signal)).rejects.toMatchObject({
      code: 'fetch_failed',
      message: expect.stringContaining('does not appear to be a git repository'),
    })
  })

  test('an empty repository', async () => {
    const empty = await gitRepo(join(directory, 'empty'))
    const request = { mirror: fresh(), url: empty.url }
    await expect(git.fetch(request, signal)).rejects.toMatchObject({ code: 'unknown_ref', message: /is empty/ })
    await expect(git.fetch({ ...request, ref: 'main' }, signal)).rejects.toMatchObject({
      hint: expect.stringContaining('no branches at all'),
    })
  })

  test.each(['ext::sh -c touch% /tmp/pwned', 'https://127.0.0.1:1/x'])('the protocol of %s', async (url) => {
    await expect(git.fetch({ mirror: fresh(), url }, signal)).rejects.toMatchObject({ code: 'protocol_refused' })
    await expect(git.ask({ url }, signal)).rejects.toMatchObject({ code: 'protocol_refused' })
  })
})

describe('a mirror is made anew', () => {
  const objects = async (mirror: string) =>
    (await readdir(join(mirror, 'objects'), { recursive: true })).map((name) => join(mirror, 'objects', name))

  test.each<[string, (mirror: string) => Promise<unknown>]>([
    ['it has no HEAD', (mirror) => rm(join(mirror, 'HEAD'))],
    ['its configuration is rubbish', (mirror) => writeFile(join(mirror, 'config'), '[core\nrubbish')],
    ['it was never finished', (mirror) => rm(join(mirror, 'tbs-url'))],
    [
      'it is a directory with something else',
      async (mirror) => {
        await rm(mirror, { recursive: true })
        await mkdir(mirror)
        await writeFile(join(mirror, 'HEAD'), 'x')
      },
    ],
    [
      'its packs are cut short',
      async (mirror) => {
        for (const file of (await objects(mirror)).filter((name) => name.endsWith('.pack'))) {
          await chmod(file, 0o600)
          await truncate(file, 20)
        }
      },
    ],
    [
      'its packs are gone and their indices stay',
      async (mirror) => {
        for (const file of (await objects(mirror)).filter((name) => name.endsWith('.pack'))) await rm(file)
      },
    ],
    ['its list of cut-off commits is rubbish', (mirror) => writeFile(join(mirror, 'shallow'), 'rubbish\n')],
  ])('when %s', async (_what, harm) => {
    const mirror = fresh()
    const { sha } = await fetch(mirror, 'main')
    await harm(mirror)
    expect(await fetch(mirror, 'main')).toMatchObject({ sha })
    expect(await filesAt(mirror, sha)).toEqual(['a.txt', 'sub/b.txt'])
  })

  test('when a file of it is lost between fetch and checkout', async () => {
    const mirror = fresh()
    const { sha } = await fetch(mirror, 'main')
    for (const file of (await objects(mirror)).filter((name) => name.endsWith('.pack'))) await rm(file)
    expect(await filesAt(mirror, sha)).toEqual(['a.txt', 'sub/b.txt'])
  })

  test('when the bot has another repository now', async () => {
    const other = await gitRepo(join(directory, 'another'))
    const sha = await other.commit('main', { 'x.txt': 'x' })
    const mirror = fresh()
    const former = await fetch(mirror, 'main')
    expect((await fetch(mirror, 'main', other)).sha).toBe(sha)
    await expect(fetch(mirror, former.sha, other)).rejects.toMatchObject({ code: 'unknown_ref' })
  })
})

test('locks, indices and half packs of a git that was killed do not matter and are removed', async () => {
  const moving = await gitRepo(join(directory, 'locked'))
  const mirror = fresh()
  await moving.commit('main', { 'a.txt': '1' })
  await fetch(mirror, 'main', moving)
  const leftovers = [
    'index.lock',
    'shallow.lock',
    'config.lock',
    'packed-refs.lock',
    'index-abc',
    'refs/tbs/wanted.lock',
  ]
  const inPacks = ['objects/pack/tmp_pack_x1', 'objects/pack/tmp_idx_x2']
  for (const name of [...leftovers, ...inPacks]) await writeFile(join(mirror, name), '')
  const made = await stat(join(mirror, 'HEAD'))
  const two = await moving.commit('main', { 'a.txt': '2' })
  expect((await fetch(mirror, 'main', moving)).sha).toBe(two)
  expect((await stat(join(mirror, 'HEAD'))).ino).toBe(made.ino)
  const left = await readdir(mirror, { recursive: true })
  expect(left.filter((name) => /\.lock$|^index|tmp_/.test(name))).toEqual([])
})

test('at the start of a manager they go without another fetch', async () => {
  const moving = await gitRepo(join(directory, 'cut-off'))
  const mirror = fresh()
  await git.tidy(mirror)
  const sha = await moving.commit('main', { 'a.txt': '1' })
  await fetch(mirror, 'main', moving)
  for (const name of ['shallow.lock', 'objects/pack/tmp_pack_x1']) await writeFile(join(mirror, name), '')
  await git.tidy(mirror)
  const left = await readdir(mirror, { recursive: true })
  expect(left.filter((name) => /\.lock$|tmp_/.test(name))).toEqual([])
  expect((await fetch(mirror, 'main', moving)).sha).toBe(sha)
})

test('a worn mirror begins again and stays small', async () => {
  const frugal = systemGit({ dataDir: join(directory, 'data'), gitProtocols: ['file'] }, { ...GIT_LIMITS, packs: 2 })
  const busy = await gitRepo(join(directory, 'busy'))
  const mirror = fresh()
  for (const text of ['1', '2', '3', '4']) {
    const sha = await busy.commit('main', { 'a.txt': text })
    expect((await frugal.fetch({ mirror, url: busy.url }, signal)).sha).toBe(sha)
  }
  const packs = (await readdir(join(mirror, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'))
  expect(packs).toHaveLength(1)
})

test('two at a time on one mirror do not meet', async () => {
  const mirror = fresh()
  const refs = ['main', 'other', first, 'v1.0', 'main', first.slice(0, 8)]
  const found = await Promise.all(refs.map((ref) => fetch(mirror, ref)))
  expect(found.map(({ sha }) => messageAt(mirror, sha))).toEqual([
    'Second',
    'Other',
    'First',
    'First',
    'Second',
    'First',
  ])
})

test('a fetch that is cancelled ends at once with the reason', async () => {
  const reason = new Error('no more')
  const request = { mirror: fresh(), url: repo.url }
  await expect(git.fetch(request, AbortSignal.abort(reason))).rejects.toBe(reason)
})
