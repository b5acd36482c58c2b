import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { download, findPublished } from '../../../manager-bot/upgrade/registry.ts'
import { registryOf } from '../../helpers/registry.ts'

let directory: string
let registry: Awaited<ReturnType<typeof registryOf>>
const { signal } = new AbortController()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-registry-'))
  const versions = ['1.0.0', '1.1.0'].map((version) => ({ version, tarball: join(directory, version) }))
  for (const { version, tarball } of versions) await writeFile(tarball, `the content of ${version}`)
  registry = await registryOf('127.0.0.1', versions)
})

afterEach(async () => {
  await registry.close()
  await rm(directory, { recursive: true })
})

test('the newest version, or a given one, is found and comes as it was published', async () => {
  const newest = await findPublished(registry.url, undefined, signal)
  expect(newest.version).toBe('1.1.0')
  const given = await findPublished(registry.url, '1.0.0', signal)
  expect((await download(given, signal)).toString()).toBe('the content of 1.0.0')
})

test('what is not there, is not what it should be, or can’t be read is refused by name', async () => {
  await expect(findPublished(registry.url, '9.9.9', signal)).rejects.toMatchObject({
    code: 'unknown_version',
    hint: 'There are: 1.0.0, 1.1.0',
  })
  const [one, other] = [
    await findPublished(registry.url, '1.0.0', signal),
    await findPublished(registry.url, '1.1.0', signal),
  ]
  const mixed = { ...one, tarball: other.tarball }
  await expect(download(mixed, signal)).rejects.toMatchObject({ code: 'damaged_package' })
  // An old registry's word is none that could be relied on.
  await expect(download({ ...one, integrity: 'sha1-abc' }, signal)).rejects.toMatchObject({ code: 'damaged_package' })
  await registry.close()
  const gone = findPublished('http://127.0.0.1:9', undefined, signal)
  await expect(gone).rejects.toMatchObject({ code: 'registry_unreachable' })
})
