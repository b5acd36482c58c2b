import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { received, sent } from '../../../../manager-bot/terminal/cp/passing.ts'
import { asStreamed, sidesOf } from '../../../../manager-bot/terminal/cp/sides.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-cp-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

test('one side is a bot’s, the other is here', () => {
  expect(sidesOf('bot.db', 'my-bot:/app/data')).toEqual({
    ...{ direction: 'in', bot: 'my-bot', path: '/app/data', local: 'bot.db' },
  })
  expect(sidesOf('my-bot:/app/data/x', './x')).toMatchObject({ direction: 'out', local: './x' })
  for (const [from = '', to = ''] of [
    ['a', 'b'],
    ['a-b:/x', 'c-d:/y'],
    ['C:/x', 'D:/y'],
    ['my-bot:data', 'x'],
  ]) {
    expect(() => sidesOf(from, to)).toThrow('One of the two')
  }
  expect(asStreamed(['cp', 'my-bot:/app/data', 'cp']).words).toEqual(['cp', 'my-bot:/app/data', '-'])
  expect(asStreamed(['cp', 'cp', 'my-bot:/app/data']).words).toEqual(['cp', '-', 'my-bot:/app/data'])
})

const entries = async (content: Readable): Promise<Record<string, string>> => {
  const extract = tar.extract()
  const fed = pipeline(content, extract)
  fed.catch(() => undefined)
  const found: Record<string, string> = {}
  for await (const entry of extract) {
    found[entry.header.name] = await text(entry)
  }
  await fed
  return found
}

test('a file and a directory are sent whole, and what is neither is refused before its end', async () => {
  await mkdir(join(directory, 'data/sub'), { recursive: true })
  await writeFile(join(directory, 'data/bot.db'), 'rows')
  await writeFile(join(directory, 'data/sub/x'), 'x')
  expect(await sent(join(directory, 'data/bot.db'), entries)).toEqual({ 'file/bot.db': 'rows', whole: '' })
  expect(await sent(join(directory, 'data'), entries)).toEqual({
    ...{ 'directory/': '', 'directory/bot.db': 'rows', 'directory/sub/': '', 'directory/sub/x': 'x', whole: '' },
  })
  await symlink('/etc/passwd', join(directory, 'data/sub/y'))
  await expect(sent(join(directory, 'data'), entries)).rejects.toMatchObject({ code: 'unreadable' })
  await expect(sent(join(directory, 'nowhere'), entries)).rejects.toMatchObject({ code: 'unreadable' })
})

const packed = (...files: [name: string, content?: string][]): Readable => {
  const pack = tar.pack()
  for (const [name, content = ''] of files) {
    pack.entry({ name, type: name.endsWith('/') ? 'directory' : 'file' }, content)
  }
  pack.finalize()
  return Readable.from(pack, { objectMode: false })
}

test('what is received becomes what was named, or goes into that directory; nothing is replaced', async () => {
  const receive = (local: string, ...files: [string, string?][]) =>
    received(join(directory, local), (into) => pipeline(packed(...files), into))
  await receive('copy', ['data/'], ['data/bot.db', 'rows'])
  expect(await readFile(join(directory, 'copy/bot.db'), 'utf8')).toBe('rows')
  await receive('.', ['bot.db', 'more'])
  expect(await readFile(join(directory, 'bot.db'), 'utf8')).toBe('more')
  await expect(receive('.', ['bot.db', 'other'])).rejects.toMatchObject({ code: 'file_exists' })
  expect(await readFile(join(directory, 'bot.db'), 'utf8')).toBe('more')
  await expect(receive('.', ['../out', 'x'])).rejects.toMatchObject({ code: 'bad_tar' })
  // Also when whoever sends would go on for ever.
  await expect(
    received(join(directory, '.'), (into) => {
      packed(['bot.db', 'x']).pipe(into)
      return new Promise(() => {})
    }),
  ).rejects.toMatchObject({ code: 'file_exists' })
})
