import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { checkVolume } from '../../../deploy-engine/archive/check-volume.ts'
import { measureDirectory, packDirectory } from '../../../deploy-engine/archive/pack-directory.ts'
import { eachEntry } from '../../../deploy-engine/archive/tar-entries.ts'
import { temporaryDirectory } from '../../helpers/archives.ts'

const LONG = `${'a long name '.repeat(15)}ü`

const filled = async (): Promise<string> => {
  const directory = join(await temporaryDirectory(), 'data')
  await mkdir(join(directory, 'deep/er'), { recursive: true })
  await writeFile(join(directory, 'deep/er/notes.txt'), 'kept')
  await writeFile(join(directory, LONG), Buffer.alloc(300_000, 7))
  await writeFile(join(directory, 'run.sh'), '#!/bin/sh\n')
  await chmod(join(directory, 'run.sh'), 0o751)
  await symlink('/etc/passwd', join(directory, 'link'))
  const server = createServer().listen(join(directory, 'a.sock'))
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return directory
}

test('all of a directory is in the tar, as a volume holds it; links stay links, sockets are named', async () => {
  const directory = await filled()
  expect(await measureDirectory(directory)).toEqual({ files: 3, bytes: 300_014, others: ['a.sock'] })
  const file = `${directory}.tar`
  await packDirectory(directory, file, AbortSignal.timeout(10_000))
  const content = await readFile(file)
  expect(await checkVolume('/app/data', Readable.from([content]))).toEqual({ files: 3, bytes: 300_014 })
  const entries: string[] = []
  await eachEntry(Readable.from([content]), async ({ name, type, mode = 0, linkname }) => {
    entries.push(`${name} ${type} ${type === 'file' ? mode.toString(8) : (linkname ?? '')}`.trim())
  })
  expect(entries).toEqual([
    './ directory',
    `./${LONG} file 644`,
    './deep directory',
    './deep/er directory',
    './deep/er/notes.txt file 644',
    './link symlink /etc/passwd',
    './run.sh file 751',
  ])
})

test('a directory that is a link is followed, one that is not there is none', async () => {
  const directory = await filled()
  await symlink(directory, `${directory}-link`)
  expect(await measureDirectory(`${directory}-link`)).toMatchObject({ files: 3 })
  expect(await measureDirectory(`${directory}-gone`)).toBeUndefined()
})

test('what grows while it is read is refused, and a cancel ends it', async () => {
  const directory = await filled()
  const big = join(directory, 'big')
  await writeFile(big, Buffer.alloc(20_000_000))
  const growing = setInterval(() => void writeFile(big, 'more', { flag: 'a' }), 1)
  onTestFinished(() => clearInterval(growing))
  const pack = packDirectory(directory, `${directory}.tar`, AbortSignal.timeout(10_000))
  await expect(pack).rejects.toMatchObject({ code: 'still_written' })
  clearInterval(growing)
  const stop = new AbortController()
  const stopped = packDirectory(directory, `${directory}-2.tar`, stop.signal)
  stop.abort(new Error('that will do'))
  await expect(stopped).rejects.toThrow('that will do')
})
