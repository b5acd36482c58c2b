import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { localFiles } from '../../../deploy-engine/io/files.ts'
import { buildLog } from '../../../deploy-engine/operations/build-log.ts'
import type { Run } from '../../../deploy-engine/operations/journal.ts'
import { Secret } from '../../../deploy-engine/secret.ts'
import { virtualClock } from '../../helpers/memory-docker/virtual-clock.ts'

const newRun = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tbs-log-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const files = localFiles(dataDir)
  const warn = vi.fn()
  const clock = virtualClock()
  const tails = new Map<number, string[]>()
  const emit = vi.fn()
  const log = { info: () => {}, warn, error: () => {} }
  const engine = { settings: { dataDir }, files, log, clock, running: { tails }, changes: { emit } }
  const of = (id: number, more: object = {}) =>
    ({
      engine: { ...engine, ...more },
      bot: { name: 'my-bot' },
      operation: { id },
      secrets: [new Secret('hunter2hunter2')],
    }) as unknown as Run
  const directory = join(dataDir, 'logs', 'my-bot')
  return {
    of,
    directory,
    warn,
    clock,
    tails,
    emit,
    read: (id: number) => files.readText(join(directory, `build-${id}.log`)),
  }
}

const line = (text: string, step = 'RUN x') => ({ text, step, stream: 'stdout' as const })

test('lines are kept without secrets and without what a terminal does with them', async () => {
  const { of, read } = await newRun()
  const log = buildLog(of(1))
  log.line(line('Step 1', ''))
  log.line(line('\x1b[31mred\x1b[0m hunter2hunter2\r'))
  log.line(line('10 %\r50 %\rdone'))
  await log.close()
  expect(await read(1)).toBe('Step 1\nred [secret]\ndone\n')
  expect(log.ofStep('RUN x').map(({ text }) => text)).toEqual(['red [secret]', 'done'])
  expect(log.ofStep('')).toEqual([])
})

test('of a build that prints without end its begin and its end are kept, small enough to be read', async () => {
  const { of, read } = await newRun()
  const log = buildLog(of(1))
  for (let count = 0; count < 100_000; count++) log.line(line(`line ${count} ${'✓'.repeat(20)}`))
  await log.close()
  const text = (await read(1)) ?? ''
  expect(text.startsWith('line 0 ')).toBe(true)
  expect(text.trimEnd().split('\n').at(-1)).toMatch(/^line 99999 /)
  expect(text).toMatch(/\n\(\d+ lines are left out here\)\n/)
  expect(log.ofStep('RUN x')).toHaveLength(500)
})

test('however many lines come, they are written four times a second at most', async () => {
  const { of, read, clock } = await newRun()
  const local = localFiles(of(1).engine.settings.dataDir)
  const appendText = vi.fn(local.appendText)
  const log = buildLog(of(1, { files: { ...local, appendText } }))
  for (let count = 0; count < 1_000; count++) {
    log.line(line(`line ${count}`))
    await clock.pass(1)
  }
  await log.close()
  expect(appendText.mock.calls.length).toBeLessThanOrEqual(6)
  expect((await read(1))?.split('\n')).toHaveLength(1_001)
})

test('the last 20 logs of a bot are kept', async () => {
  const { of, directory } = await newRun()
  for (let id = 1; id <= 23; id++) {
    const log = buildLog(of(id))
    log.line(line('x'))
    await log.close()
  }
  expect((await readdir(directory)).sort()).toEqual(Array.from({ length: 20 }, (_, at) => `build-${at + 4}.log`).sort())
})

test('a log that can’t be written is no reason to fail a build', async () => {
  const { of, warn } = await newRun()
  const files = {
    ...localFiles('/nowhere'),
    appendText: () => Promise.reject(new Error('ENOSPC')),
    names: async () => [],
  }
  const log = buildLog(of(1, { files }))
  log.line(line('x'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  log.line(line('y'))
  await log.close()
  expect(warn).toHaveBeenCalled()
})

test('the last five lines are to be had while it builds, and told of once a second at most', async () => {
  const { of, clock, tails, emit } = await newRun()
  const log = buildLog(of(7))
  expect(tails.get(7)).toEqual([])
  for (const text of ['one', 'two', '', 'three hunter2hunter2', 'four', 'five', 'six']) log.line(line(text))
  expect(tails.get(7)).toEqual(['two', 'three [secret]', 'four', 'five', 'six'])
  expect(emit).not.toHaveBeenCalled()
  await clock.pass(1_000)
  expect(emit.mock.calls).toEqual([[{ operation: 7 }]])
  for (let tenth = 0; tenth < 30; tenth++) {
    log.line(line(`${tenth}`))
    await clock.pass(100)
  }
  expect(emit.mock.calls.length).toBeLessThanOrEqual(4)
  expect(emit.mock.calls.length).toBeGreaterThanOrEqual(3)
  log.line(line('last'))
  const told = emit.mock.calls.length
  await log.close()
  await clock.pass(2_000)
  expect(tails.has(7)).toBe(false)
  expect(emit).toHaveBeenCalledTimes(told)
})
