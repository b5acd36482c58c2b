import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemGit } from '../../../deploy-engine/io/git.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'

const { signal } = new AbortController()
const git = systemGit(['file'])
let directory: string
let repo: GitRepo
let first: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-git-'))
  repo = await gitRepo(join(directory, 'repo'))
  first = await repo.commit('main', { 'a.txt': '1', 'gone.txt': 'x' }, 'First')
  await repo.commit('main', { 'a.txt': '2', 'sub/b.txt': 'b' }, 'Second')
  await repo.commit('other', { 'o.txt': 'o' }, 'Other')
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const fetch = (mirror: string, ref?: string) =>
  git.fetch({ mirror: join(directory, mirror), url: repo.url, ...(ref && { ref }) }, signal)

test.each([
  ['a branch', 'other', 'Other'],
  ['the full id of an older commit', () => first, 'First'],
  ['a short id of an older commit', () => first.slice(0, 8), 'First'],
])('%s is fetched into a fresh mirror', async (what, ref, subject) => {
  const wanted = typeof ref === 'string' ? ref : ref()
  expect(await fetch(`mirror ${what}`, wanted)).toMatchObject({ subject })
})

test('a branch that moved, or was forced back, is followed', async () => {
  const moving = await gitRepo(join(directory, 'moving'))
  const mirror = join(directory, 'moving-mirror')
  const one = await moving.commit('main', { 'a.txt': '1' })
  const two = await moving.commit('main', { 'a.txt': '2' })
  expect((await git.fetch({ mirror, url: moving.url, ref: 'main' }, signal)).sha).toBe(two)
  await moving.commit('aside', {})
  const { execFileSync } = await import('node:child_process')
  execFileSync('git', ['branch', '--force', 'main', one], { cwd: moving.directory })
  expect((await git.fetch({ mirror, url: moving.url, ref: 'main' }, signal)).sha).toBe(one)
})

test('a checkout is exactly the files of that commit, also from a mirror that was used before', async () => {
  const mirror = join(directory, 'mirror-checkout')
  for (const [ref, files] of [
    [first, ['a.txt', 'gone.txt']],
    ['main', ['a.txt', 'b.txt', 'sub']],
    [first, ['a.txt', 'gone.txt']],
  ] as const) {
    const { sha } = await git.fetch({ mirror, url: repo.url, ref }, signal)
    const into = await mkdtemp(join(directory, 'tree-'))
    await git.checkout({ mirror, sha, directory: into }, signal)
    const names = (await readdir(into, { recursive: true })).map((path) => path.replace('sub/', '')).sort()
    expect(names).toEqual(files)
  }
})

test('a ref that does not exist is named', async () => {
  await expect(fetch('m1', 'nope')).rejects.toMatchObject({
    code: 'unknown_ref',
    message: /no branch, tag or commit nope/,
  })
})

test('a repository that is not there says what git said', async () => {
  const nowhere = { mirror: join(directory, 'm2'), url: `file://${directory}/nowhere` }
  await expect(git.fetch(nowhere, signal)).rejects.toMatchObject({ code: 'fetch_failed' })
})

test('an empty repository is called that', async () => {
  const empty = await gitRepo(join(directory, 'empty'))
  const request = { mirror: join(directory, 'm3'), url: empty.url }
  await expect(git.fetch(request, signal)).rejects.toMatchObject({ code: 'unknown_ref', message: /is empty/ })
})

test.each(['ext::sh -c touch% /tmp/pwned', 'https://127.0.0.1:1/x'])('the protocol of %s is refused', async (url) => {
  const request = { mirror: join(directory, 'm4'), url }
  await expect(git.fetch(request, signal)).rejects.toMatchObject({ code: 'protocol_refused' })
})

test('a fetch that is cancelled ends at once with the reason', async () => {
  const reason = new Error('no more')
  const request = { mirror: join(directory, 'm5'), url: repo.url }
  await expect(git.fetch(request, AbortSignal.abort(reason))).rejects.toBeDefined()
})
