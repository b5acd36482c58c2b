import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../deploy-engine/io/database.ts'
import { openVault } from '../../../deploy-engine/io/vault.ts'
import { SecretSchema } from '../../../deploy-engine/records/secret.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
import { type InstallationBench, installationBench } from '../installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
  const { token } = bench.sandbox.addBot({ username: 'my_bot' })
  await bench.run(['addbot', 'my-bot', 'file:///repo'], token)
})

afterEach(() => bench.close())

const keyFile = () => `${bench.dataDir}.key`
const keys = async () => (await readFile(keyFile(), 'utf8')).trim().split('\n')

const stored = async (): Promise<Record<string, string>> => {
  const vault = await openVault(keyFile())
  const database = await openDatabase(bench.dataDir, chatTables)
  const rows = await database.read.find(SecretSchema)
  await database.close()
  return Object.fromEntries(rows.map(({ botId, key, sealed }) => [key, vault.open(botId, key, sealed).reveal()]))
}

test('a value comes on standard input, and a new key leaves it readable', { timeout: 120_000 }, async () => {
  const set = await bench.run(['secret', 'set', 'my-bot', 'API_KEY'], 'hunter2\n')
  expect(set.out).toContain('my-bot: API_KEY is set.')
  expect((await bench.run(['secret', 'my-bot'])).out).toContain('API_KEY')
  const [before] = await keys()
  const rotated = await bench.run(['secret', 'rotate-key'])
  expect(rotated.out).toContain('Encrypted with it: 2 values.')
  expect(await keys()).toHaveLength(1)
  expect(await keys()).not.toContain(before)
  expect(await stored()).toMatchObject({ API_KEY: 'hunter2' })
  expect((await bench.run(['secret', 'my-bot', 'API_KEY', '--remove'])).code).toBe(0)
  expect(Object.keys(await stored())).not.toContain('API_KEY')
  const { out } = await bench.run(['audit'])
  expect(out).toMatch(/✓ .* in the terminal: secret rotate-key/)
})

test('killed whenever it may be, everything can be read, and doing it again finishes it', {
  timeout: 300_000,
}, async () => {
  await bench.run(['secret', 'set', 'my-bot', 'API_KEY'], 'hunter2')
  const began = performance.now()
  expect((await bench.run(['secret', 'rotate-key'])).code).toBe(0)
  const ms = performance.now() - began
  for (const part of [0.5, 0.65, 0.75, 0.85, 0.95]) {
    const program = bench.begin('secret', 'rotate-key')
    await sleep(ms * part)
    program.process.kill('SIGKILL')
    await program.ended
    expect(await stored()).toMatchObject({ API_KEY: 'hunter2' })
  }
  expect((await bench.run(['secret', 'rotate-key'])).code).toBe(0)
  expect(await keys()).toHaveLength(1)
  expect(await stored()).toMatchObject({ API_KEY: 'hunter2' })
})
