import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localPrograms } from '../../../deploy-engine/io/programs.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-programs-'))
})

afterEach(() => rm(directory, { recursive: true }))

const PATH = '/usr/bin:/bin'
const { run } = localPrograms({ PATH })
const never = () => new AbortController().signal

const script = async (text: string): Promise<string> => {
  const path = join(directory, 'program')
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return path
}

test('a program gets its arguments as they are, and nothing of our environment but what it is given', async () => {
  const program = await script(`env > ${directory}/env; for word; do echo "<$word>"; done > ${directory}/words`)
  const words = ['a b', '$(id)', '; rm -rf /', '--x']
  await run([program, ...words], { env: { TBS_BACKUP_FILE: '/x' }, limitMs: 10_000, signal: never() })
  expect(await readFile(join(directory, 'words'), 'utf8')).toBe('<a b>\n<$(id)>\n<; rm -rf />\n<--x>\n')
  const names = (await readFile(join(directory, 'env'), 'utf8')).split('\n').map((line) => line.split('=')[0])
  expect(names.filter((name) => !['PWD', '_', 'SHLVL', ''].includes(name ?? '')).sort()).toEqual([
    'PATH',
    'TBS_BACKUP_FILE',
  ])
})

test('how it failed is said, with its last line', async () => {
  const options = { env: {}, limitMs: 10_000, signal: never() }
  const program = await script('echo fine; echo no such remote >&2; exit 3')
  await expect(run([program], options)).rejects.toMatchObject({
    code: 'program_failed',
    message: `${program} ended with code 3: no such remote`,
  })
  await expect(run([join(directory, 'none')], options)).rejects.toThrow(/could not be started: .*ENOENT/)
})

test('one that takes too long, or is not wanted any more, is ended with all that it has started', async () => {
  const program = await script(`sleep 30 & echo $! > ${directory}/child; wait`)
  await expect(run([program], { env: {}, limitMs: 500, signal: never() })).rejects.toThrow('did not end within')
  const child = Number(await readFile(join(directory, 'child'), 'utf8'))
  const isGone = async () => !/^State:\s+[RS]/m.test(await readFile(`/proc/${child}/status`, 'utf8').catch(() => ''))
  await expect.poll(isGone, { timeout: 5_000 }).toBe(true)
  const stop = new AbortController()
  const running = run([program], { env: {}, limitMs: 30_000, signal: stop.signal })
  stop.abort(new Error('the manager ends'))
  await expect(running).rejects.toThrow('the manager ends')
})
