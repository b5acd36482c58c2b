import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ARRIVING, MAKE_ROOM, PUT } from '../../../deploy-engine/container/put-script.ts'

// By the shell of this machine, in a directory instead of a volume.

const ME = `${process.getuid?.()}:${process.getgid?.()}`
let data: string

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tbs-put-'))
})

afterEach(() => rm(data, { recursive: true, force: true }))

const script = (text: string, ...args: string[]) =>
  promisify(execFile)('bash', ['-c', `set -euo pipefail\n${text.replaceAll('/data', data)}`, 'task', ...args])

const put = async (below: string, arrived: Record<string, string>) => {
  await script(MAKE_ROOM)
  for (const [name, content] of Object.entries(arrived)) {
    await mkdir(dirname(join(data, ARRIVING, name)), { recursive: true })
    await writeFile(join(data, ARRIVING, name), content)
  }
  return script(PUT, ME, below)
}

const files = async () => {
  const found = (await readdir(data, { recursive: true })).sort()
  const contents = found.map(async (path) => {
    const isFile = (await stat(join(data, path))).isFile()
    return isFile ? [[path, await readFile(join(data, path), 'utf8')]] : []
  })
  return Object.fromEntries((await Promise.all(contents)).flat())
}

test('a file becomes what was named, or goes into a directory', async () => {
  await put('my.db', { 'file/bot.db': 'one', whole: '' })
  await put('', { "file/it's $(x).db": 'two', whole: '' })
  await put('my.db', { 'file/bot.db': 'three', whole: '' })
  expect(await files()).toEqual({ 'my.db': 'three', "it's $(x).db": 'two' })
  await expect(put('no/where', { 'file/x': '', whole: '' })).rejects.toMatchObject({
    stdout: expect.stringContaining('no directory'),
  })
})

test('of a directory each file is replaced, and nothing else', async () => {
  await mkdir(join(data, 'media'))
  await writeFile(join(data, 'media/old'), 'old')
  await put('', { 'directory/media/new': 'new', 'directory/deep/er/x y': 'x', whole: '' })
  expect(await files()).toEqual({ 'media/old': 'old', 'media/new': 'new', 'deep/er/x y': 'x' })
  await expect(put('', { 'directory/media': 'file', whole: '' })).rejects.toMatchObject({
    stdout: expect.stringContaining('is a directory'),
  })
  expect(await readdir(join(data, 'media'))).toEqual(['new', 'old'])
})

test('what was left of the database before does not become part of the new one', async () => {
  for (const name of ['bot.db', 'bot.db-wal', 'bot.db-shm', 'bot.db-journal', 'notes.txt-wal']) {
    await writeFile(join(data, name), 'stale')
  }
  const database = 'SQLite format 3\0rows'
  await put('', {
    'directory/bot.db': database,
    'directory/bot.db-wal': 'its own',
    'directory/notes.txt': 'x',
    whole: '',
  })
  expect(await files()).toEqual({
    ...{ 'bot.db': database, 'bot.db-wal': 'its own', 'notes.txt': 'x', 'notes.txt-wal': 'stale' },
  })
})

test('what did not arrive to its end changes nothing and leaves nothing', async () => {
  await writeFile(join(data, 'bot.db'), 'before')
  await expect(put('', { 'directory/bot.db': 'half' })).rejects.toMatchObject({
    stdout: expect.stringContaining('not arrive as a whole'),
  })
  expect(await files()).toEqual({ 'bot.db': 'before' })
  expect(await readdir(data)).toEqual(['bot.db'])
})
