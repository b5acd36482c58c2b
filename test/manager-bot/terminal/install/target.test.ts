import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDirectory, putFile } from '../../../../manager-bot/terminal/install/put-file.ts'
import { commandLine } from '../../../../manager-bot/terminal/install/quote.ts'
import { must, script, type Target } from '../../../../manager-bot/terminal/install/target.ts'
import { thisMachine } from '../../../../manager-bot/terminal/install/this-machine.ts'

const here = thisMachine(new AbortController().signal)
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-target-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

test('words come out of a shell as they went in', async () => {
  const run = promisify(execFile)
  const words = fc.array(
    fc.string({ unit: 'grapheme' }).map((word) => word.replaceAll('\0', '')),
    { minLength: 1 },
  )
  await fc.assert(
    fc.asyncProperty(words, async (given) => {
      const { stdout } = await run('sh', ['-c', commandLine(['printf', '%s\\0', ...given])])
      expect(stdout.split('\0').slice(0, -1)).toEqual(given)
    }),
    { numRuns: 60 },
  )
})

test('a program gets its input, and a line is told as it comes', async () => {
  const told: string[] = []
  const stdin = Readable.from([Buffer.from('one\nt'), Buffer.from('wo\n')])
  const ran = await here.run(['cat'], { stdin, onLine: (line) => told.push(line) })
  expect(ran).toEqual({ code: 0, stdout: 'one\ntwo\n', stderr: '' })
  expect(told).toEqual(['one', 'two'])
  expect(await here.run(['no-such-program'])).toMatchObject({ code: 127 })
  await expect(must(here, script('echo "it is $1" >&2; exit 3', 'broken'))).rejects.toMatchObject({
    code: 'command_failed',
    message: 'a script ended with code 3:\nit is broken',
  })
})

test('a file is put there whole, with its mode, and only if it differs', async () => {
  const path = join(directory, "it's a $(file)")
  expect(await putFile(here, { path, content: 'one\n', mode: '600' })).toBe(true)
  const { ino } = await stat(path)
  expect(await putFile(here, { path, content: 'one\n', mode: '600' })).toBe(false)
  expect((await stat(path)).ino).toBe(ino)
  expect(await putFile(here, { path, content: 'one\n', mode: '755' })).toBe(true)
  expect(await putFile(here, { path, content: 'two\n', mode: '755' })).toBe(true)
  expect(await readFile(path, 'utf8')).toBe('two\n')
  expect((await stat(path)).mode & 0o777).toBe(0o755)
  expect(await readdir(directory)).toHaveLength(1)
  // As when the connection is lost while it is sent.
  const cut: Target = { ...here, run: (argv, options) => here.run(argv, { ...options, stdin: 'th' }) }
  await expect(putFile(cut, { path, content: 'three\n', mode: '755' })).rejects.toMatchObject({
    code: 'command_failed',
  })
  expect(await readFile(path, 'utf8')).toBe('two\n')
  expect(await makeDirectory(here, join(directory, 'a/b'), '700')).toBe(true)
  expect(await makeDirectory(here, join(directory, 'a/b'), '700')).toBe(false)
})
