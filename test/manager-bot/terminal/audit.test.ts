import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../deploy-engine/io/database.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
import { archiveOf } from '../../helpers/archives.ts'
import { type InstallationBench, installationBench } from '../installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

test('what the terminal does is written down, and comes as JSON lines', { timeout: 120_000 }, async () => {
  await bench.run(['grant', '77', 'viewer'])
  await bench.run(['deploy', 'no-such-bot'])
  const database = await openDatabase(bench.dataDir, chatTables)
  await database.read.query(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) INSERT INTO audit
      (at, door, by, name, verb, words, result, key) SELECT i, 'chat', 'x', 'x', 'set', '{}', 'done', 'k' || i FROM n`,
  )
  await database.close()

  const { out } = await bench.run(['audit', '--json'])
  const lines = out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
  expect(lines).toHaveLength(1200 + 3)
  expect(lines[0]).toMatchObject({ id: 1, door: 'terminal', verb: 'grant', words: { person: '77' }, result: 'done' })
  expect(lines[0].by).toMatch(/^terminal:\w+$/)
  expect(lines[1]).toMatchObject({ verb: 'deploy', bot: null, result: 'begun' })
  expect(lines[2]).toMatchObject({ verb: 'deploy', result: 'refused', code: 'unknown_bot', begun: 2 })
  const { out: text } = await bench.run(['audit'])
  expect(text).toContain('All of it: tbs-manager audit --json')
})

test('what only a terminal does is written down, too: with what came of it, and without keys', {
  timeout: 120_000,
}, async () => {
  const { token } = bench.sandbox.addBot({ username: 'my_bot' })
  await bench.run(['addbot', 'my-bot', 'file:///repo'], token)
  const { file, identity } = await archiveOf()
  const key = identity.reveal()
  const copy = join(dirname(file), 'copy.age')
  await bench.run(['recovery-key'])
  await bench.run(['recovery-key'])
  await bench.run(['backup', 'import', file, '--key-file', '-'], key)
  await bench.run(['backup', 'verify', '1'])
  await bench.run(['backup', 'download', '1', '--output', copy])
  await bench.run(['backup', 'download', '9'])
  await bench.run(['backup', 'import', key])
  await bench.run(['secret', 'rotate-key'])

  const { out } = await bench.run(['audit', '--json'])
  expect(out).not.toContain(key)
  const entries = out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
    .filter(({ verb, begun }) => verb !== 'addbot' && begun !== null)
    .map(({ verb, bot, result, code, words }) => [verb, bot, code ?? result, ...Object.values(words)])
  expect(entries).toEqual([
    ['recovery-key', null, 'done'],
    ['recovery-key', null, 'recovery_key_there'],
    ['backup import', 'my-bot', 'done', file],
    ['backup verify', 'my-bot', 'done', '1'],
    ['backup download', 'my-bot', 'done', '1', copy],
    ['backup download', null, 'unknown_backup', '9'],
    ['backup import', null, 'no_backup_file', '[token]'],
    ['secret rotate-key', null, 'done'],
  ])
  expect((await bench.run(['audit', 'my-bot'])).out).toMatch(/✓ .* in the terminal: backup verify my-bot 1\n/)
})
