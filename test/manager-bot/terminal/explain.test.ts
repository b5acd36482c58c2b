import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type InstallationBench, installationBench } from '../installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

test('an error is explained by its code, as audit and --json have it, where nothing is installed yet', async () => {
  const { code, out } = await bench.run(['explain', 'disk', 'full'])
  expect(code).toBe(0)
  expect(out).toMatch(/^disk_full\nThe disk is full.*\n.*tbs-manager prune shows/)
  const json = await bench.run(['explain', 'not_root', '--json'])
  expect(JSON.parse(json.out)).toMatchObject({ code: 'not_root', cause: expect.any(String), fix: expect.any(String) })
  expect(await bench.run(['explain', 'disk_ful'])).toMatchObject({
    code: 1,
    err: 'tbs-manager: There is no error disk_ful\nDid you mean tbs-manager explain disk_full?\n',
  })
  expect(existsSync(bench.dataDir)).toBe(false)
})

test('an error without a hint of its own is said with what its code says', async () => {
  const { code, err } = await bench.run(['backup', 'download', 'seven'])
  expect(code).toBe(1)
  expect(err).toContain('\nSee tbs-manager --help for how it is used.\n')
})
