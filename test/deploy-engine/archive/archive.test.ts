import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { newIdentity } from '../../../deploy-engine/archive/age.ts'
import { readArchive, readBeginning } from '../../../deploy-engine/archive/read-archive.ts'
import { reseal } from '../../../deploy-engine/archive/reseal.ts'
import { writeArchive } from '../../../deploy-engine/archive/write-archive.ts'
import { ABOUT } from '../../helpers/about-backup.ts'
import { archiveOf, temporaryDirectory } from '../../helpers/archives.ts'

const run = promisify(execFile)
const ROOMY = { maxBytes: 1e9, signal: AbortSignal.timeout(60_000) }

test('what is written is read again, with its secrets, by either of its keys', async () => {
  const recovery = await newIdentity()
  const { file, identity, manifest } = await archiveOf(undefined, [recovery.recipient])

  for (const key of [identity, recovery.identity]) {
    const read = await readArchive(file, { ...ROOMY, identities: [key] })
    expect(read.manifest).toEqual(manifest)
    expect(read.secrets.GREETING?.reveal()).toBe('hi')
    expect(read.contents).toEqual([{ files: 1, bytes: 4 }])
  }
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(manifest.volumes[0]?.path).toBe('/app/data')
  expect(JSON.stringify(manifest)).not.toContain('AAExample')
})

test('it is opened by the standard tools, without this program', async () => {
  const { file, directory, identity } = await archiveOf()
  const key = join(directory, 'key.txt')
  await writeFile(key, `${identity.reveal()}\n`)
  const { stdout } = await run('age', ['--decrypt', '--identity', key, file], { encoding: 'buffer' })
  const tarFile = join(directory, 'plain.tar')
  await writeFile(tarFile, gunzipSync(stdout))
  const { stdout: names } = await run('tar', ['--list', '--file', tarFile])
  expect(names.trim().split('\n')).toEqual(['manifest.json', 'secrets.json', 'volumes/0.tar'])
})

test('a volume comes as the tar that was put in', async () => {
  const { file, identity, directory } = await archiveOf()
  const chunks: Uint8Array[] = []
  await readArchive(file, {
    ...ROOMY,
    identities: [identity],
    onVolume: async (_part, content) => {
      for await (const chunk of content) chunks.push(chunk)
    },
  })
  expect(Buffer.concat(chunks)).toEqual(await readFile(join(directory, 'volume.tar')))
})

test('a cancel, a tar that is not there and one that changes leave no file', async () => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'backup.age')
  const { recipient } = await newIdentity()
  const write = (volume: string, signal: AbortSignal) =>
    writeArchive(
      file,
      { about: ABOUT, secrets: {}, volumes: [{ path: '/app/data', tar: volume }] },
      { recipients: [recipient], signal },
    )

  await expect(write(join(directory, 'none.tar'), ROOMY.signal)).rejects.toThrow('ENOENT')
  await expect(write('/etc/hostname', AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled')
  expect(await readdir(directory)).toEqual([])
})

test('a full disk is said by name and leaves no file', async () => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'backup.age')
  await symlink('/dev/full', `${file}.part`)
  const { recipient } = await newIdentity()
  const content = { about: ABOUT, secrets: {}, volumes: [{ path: '/app/data', tar: process.execPath }] }
  await expect(writeArchive(file, content, { recipients: [recipient], signal: ROOMY.signal })).rejects.toMatchObject({
    code: 'disk_full',
  })
  const good = await archiveOf()
  await symlink('/dev/full', `${file}.part`)
  await expect(
    reseal(good.file, file, { identities: [good.identity], recipients: [recipient], signal: ROOMY.signal }),
  ).rejects.toMatchObject({ code: 'disk_full' })
  expect(await readdir(directory)).toEqual([])
})

test('sealed anew it is the same backup, for another key', async () => {
  const { file, identity, manifest, directory } = await archiveOf()
  const other = await newIdentity()
  const copy = join(directory, 'deep', 'copy.age')
  const resealing = { identities: [identity], recipients: [other.recipient], signal: ROOMY.signal }
  const { bytes } = await reseal(file, copy, resealing)
  expect((await stat(copy)).size).toBe(bytes)
  expect((await readArchive(copy, { ...ROOMY, identities: [other.identity] })).manifest).toEqual(manifest)
  await expect(readArchive(copy, { ...ROOMY, identities: [identity] })).rejects.toMatchObject({ code: 'wrong_key' })
  await expect(reseal(copy, `${copy}.2`, resealing)).rejects.toMatchObject({ code: 'wrong_key' })
  expect(await readdir(join(directory, 'deep'))).toEqual(['copy.age'])
})

test('its beginning is read without the rest', async () => {
  const { file, identity, manifest } = await archiveOf([{ name: './noise', content: randomBytes(3_000_000) }])
  const whole = await readFile(file)
  await writeFile(file, whole.subarray(0, 1_000_000))
  const { manifest: found, secrets } = await readBeginning(file, { ...ROOMY, identities: [identity] })
  expect(found).toEqual(manifest)
  expect(secrets.GREETING?.reveal()).toBe('hi')
  await expect(readArchive(file, { ...ROOMY, identities: [identity] })).rejects.toMatchObject({ code: 'backup_cut' })
})
