import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemGit } from '../../../deploy-engine/io/git.ts'
import type { GitPort } from '../../../deploy-engine/ports.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'

const signal = new AbortController().signal

let directory: string
let repo: GitRepo
let git: GitPort
let mirror: string
const shas: string[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-log-'))
  repo = await gitRepo(join(directory, 'repo'))
  for (let count = 0; count <= 14; count++) {
    shas.push(await repo.commit('main', { 'file.txt': `${count}` }, `Change ${count}`))
  }
  git = systemGit({ dataDir: join(directory, 'data'), gitProtocols: ['file'] })
  mirror = join(directory, 'data', 'repos', '1')
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const fetched = (ref: string) => git.fetch({ mirror, url: repo.url, ref }, signal)
const log = (from: number, to: number, limit = 10) =>
  git.log({ mirror, from: shas[from] ?? '', to: shas[to] ?? '', limit }, signal)

test('without a mirror nothing is known', async () => {
  expect(await log(0, 1)).toBeUndefined()
})

test('commits that were fetched one by one are a history all the same', async () => {
  for (const at of [4, 5, 6]) await fetched(shas[at] ?? '')
  expect(await log(4, 6)).toEqual({
    count: 2,
    newest: [
      { sha: shas[6], subject: 'Change 6' },
      { sha: shas[5], subject: 'Change 5' },
    ],
  })
})

test('when one is missing between them nothing is said', async () => {
  await fetched(shas[9] ?? '')
  expect(await log(6, 9)).toBeUndefined()
  expect(await log(0, 4)).toBeUndefined()
})

test('of many the newest are given, and how many there are', async () => {
  // A shortened id that is no branch’s is only found in the whole history.
  await fetched((shas[13] ?? '').slice(0, 8))
  const found = await log(1, 14)
  expect(found?.count).toBe(13)
  expect(found?.newest.map(({ subject }) => subject)).toEqual(
    Array.from({ length: 10 }, (_, at) => `Change ${14 - at}`),
  )
})

test('a branch beside it counts what only the other has', async () => {
  const sha = await repo.commit('other', { 'file.txt': 'other' }, `Other ${'x'.repeat(200)}`)
  await fetched('other')
  const found = await git.log({ mirror, from: shas[14] ?? '', to: sha, limit: 10 }, signal)
  expect(found?.count).toBe(1)
  expect(found?.newest[0]?.subject).toHaveLength(100)
})
