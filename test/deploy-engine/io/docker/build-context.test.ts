import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import tar from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packContext } from '../../../../deploy-engine/io/docker/build-context.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-context-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const packed = async (files: string[]) => {
  const entries: { name: string; type: string; mode: number; link: string | null; content: string }[] = []
  for await (const entry of packContext(directory, files).pipe(tar.extract())) {
    const { name, type, mode, linkname } = entry.header
    entries.push({ name, type, mode, link: linkname, content: (await buffer(entry)).toString() })
  }
  return entries
}

test('files small and large, programs, empty ones and links, in the order that was asked for', async () => {
  const large = 'x'.repeat(200_000)
  await mkdir(join(directory, 'src'))
  await writeFile(join(directory, 'src/large.txt'), large)
  await writeFile(join(directory, 'run.sh'), 'echo', { mode: 0o600 })
  await chmod(join(directory, 'run.sh'), 0o700)
  await writeFile(join(directory, 'empty'), '')
  await symlink('/etc/passwd', join(directory, 'link'))
  const file = { type: 'file', mode: 0o644, link: null }
  expect(await packed(['run.sh', 'src/large.txt', 'link', 'empty'])).toEqual([
    { ...file, name: 'run.sh', mode: 0o755, content: 'echo' },
    { ...file, name: 'src/large.txt', content: large },
    { name: 'link', type: 'symlink', mode: expect.any(Number), link: '/etc/passwd', content: '' },
    { ...file, name: 'empty', content: '' },
  ])
})

test('of many each is sent once', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `file-${index}`)
  for (const name of names) await writeFile(join(directory, name), name)
  const entries = await packed(names)
  expect(entries.map(({ name, content }) => [name, content])).toEqual(names.map((name) => [name, name]))
})

test('one that is gone fails', async () => {
  await expect(buffer(packContext(directory, ['gone']))).rejects.toMatchObject({ code: 'ENOENT' })
})
