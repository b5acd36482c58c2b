import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../deploy-engine/io/database.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
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
