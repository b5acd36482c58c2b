import { afterEach, beforeEach, expect, test } from 'vitest'
import { type InstallationBench, installationBench } from '../installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

test('a reason of several words, a refusal, and a deploy in spite of it', { timeout: 120_000 }, async () => {
  const { token } = bench.sandbox.addBot({ username: 'my_bot' })
  await bench.run(['addbot', 'my-bot', 'file:///repo'], token)
  const locked = await bench.run(['lock', 'my-bot', 'until', 'next Monday'])
  expect(locked.out).toMatch(/^my-bot is locked by \w+ in the terminal since [\w:, ]+: until next Monday\n/)
  expect(locked.out).toContain('To end that: tbs-manager unlock my-bot')
  const refused = await bench.run(['deploy', 'my-bot'])
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('until next Monday') })
  expect(await bench.run(['deploy', 'my-bot', '--anyway'])).toMatchObject({ code: 3 })
})
