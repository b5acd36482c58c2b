import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unpackPackage } from '../../../manager-bot/upgrade/unpack.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-unpack-'))
})

afterEach(() => rm(directory, { recursive: true }))

type Entry = { name: string; type?: 'symlink' | 'directory'; linkname?: string; content?: string }

const tarball = async (...entries: Entry[]): Promise<Buffer> => {
  const tar = pack()
  const whole = buffer(tar)
  for (const { content = '', ...header } of entries) tar.entry(header, content)
  tar.finalize()
  return gzipSync(await whole)
}

test('files land where npm would put them', async () => {
  const packed = await tarball(
    { name: 'package/', type: 'directory' },
    { name: 'package/package.json', content: '{}' },
    { name: 'package/dist/a.mjs', content: 'a' },
  )
  await unpackPackage(packed, directory)
  expect(await readFile(join(directory, 'dist/a.mjs'), 'utf8')).toBe('a')
  expect((await readdir(directory)).sort()).toEqual(['dist', 'package.json'])
})

test.each([
  { name: 'package/../../out' },
  { name: '/etc/passwd' },
  { name: 'elsewhere/file' },
  { name: 'package/link', type: 'symlink' as const, linkname: '/etc' },
])('$name is refused', async (header) => {
  const unpacking = unpackPackage(await tarball(header), join(directory, 'package'))
  await expect(unpacking).rejects.toMatchObject({ code: 'damaged_package' })
  expect(await readdir(directory)).toEqual([])
})
