import { mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { localFiles } from '../../../deploy-engine/io/files.ts'

test('a link that a repository lays where a text is written does not lead the text out of it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-files-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const outside = join(directory, 'outside')
  const files = localFiles(directory)
  await files.writeText(join(directory, 'repo', 'README'), 'x')
  for (const name of ['Dockerfile', 'Dockerfile.part', 'Dockerfile.tmp']) {
    await symlink(outside, join(directory, 'repo', name))
  }
  await files.writeText(join(directory, 'repo', 'Dockerfile'), 'FROM x')
  expect(await files.readText(join(directory, 'repo', 'Dockerfile'))).toBe('FROM x')
  expect(await readdir(directory)).toEqual(['repo'])
  expect(await readdir(join(directory, 'repo'))).toHaveLength(4)
})

test('what the host has of memory and processors', async () => {
  const files = localFiles(tmpdir())
  const { average, cores } = await files.load()
  expect(average).toBeGreaterThanOrEqual(0)
  expect(cores).toBeGreaterThanOrEqual(1)
  expect(await files.availableMemory()).toBeLessThan(await files.totalMemory())
})

test('a text is there as a whole or not at all, and for its owner only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-files-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const files = localFiles(directory)
  await files.writeText(join(directory, 'logs', 'one'), 'x')
  expect((await stat(join(directory, 'logs', 'one'))).mode & 0o777).toBe(0o600)
  await mkdir(join(directory, 'logs', 'taken'))
  await expect(files.writeText(join(directory, 'logs', 'taken'), 'x')).rejects.toThrow()
  expect(await readdir(join(directory, 'logs'))).toEqual(['one', 'taken'])
})
