import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Upgrade } from '../../../deploy-engine/index.ts'
import { type ChatBench, chatBench, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench({ instance: 'tbs-no-container' })
  await bench.start()
  // Whoever has never written to it can't be written to.
  await bench.answer('/bots')
})

afterEach(() => bench.close())

const journal = async (upgrade: Partial<Upgrade>): Promise<void> => {
  const directory = join(bench.config.dataDir, 'upgrade')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'journal.json'), JSON.stringify({ ...ENDED, ...upgrade }))
}

const ENDED: Upgrade = {
  id: '1',
  kind: 'upgrade',
  from: { version: '1.0.0', image: 'sha256:1' },
  to: { version: '2.0.0', image: 'sha256:2' },
  manager: { id: 'abc', name: 'tbs-manager' },
  phase: 'keeping',
  copied: true,
  requestedBy: `telegram:${OWNER}`,
  askedAt: 1,
  gapMs: 4200,
  result: 'done',
}

const told = (pattern: RegExp) =>
  bench.sandbox.waitFor(() => bench.said().find(({ text }) => pattern.test(text)), { what: String(pattern) })

test('how it ended is told once, to the owners or where it was asked for', async () => {
  await journal({})
  await bench.restart()
  expect((await told(/Upgraded/)).text).toBe(
    'Upgraded to 2.0.0, from 1.0.0.\nNo manager listened for 4.2 s; your bots went on.',
  )
  await bench.restart()
  await bench.answer('/bots')
  expect(bench.said().filter(({ text }) => text.includes('Upgraded'))).toHaveLength(1)
})

test('one that was undone says why, and what it printed', async () => {
  const place = { chatId: OWNER, threadId: null }
  await journal({ result: 'undone', reason: 'It exited with code 3', logLines: ['no such table: x'], place })
  await bench.restart()
  const { text } = await told(/Not upgraded/)
  expect(text).toContain('Not upgraded to 2.0.0: It exited with code 3.\nno such table: x\n1.0.0 is back')
})

test('while it is under way nothing is said of it; then it is', async () => {
  const { result: _, ...under } = ENDED
  await journal({ ...under, result: undefined, phase: 'trying' })
  await bench.restart()
  await bench.answer('/bots')
  expect(bench.said().filter(({ text }) => /pgraded/.test(text))).toEqual([])
  await journal({})
  await told(/Upgraded to 2.0.0/)
})

test('a manager that runs in no container of an installation is not replaced', async () => {
  expect(await bench.answer('/upgrade')).toMatch(/^This manager does not run in a container that was installed\n/)
  expect(await bench.answer('/upgrade --rollback')).toMatch(/^This manager does not run in a container/)
  expect(await bench.answer('/upgrade latest')).toMatch(/^version: takes a version such as 1\.4\.0/)
})
