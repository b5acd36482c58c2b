import { afterEach, beforeEach, expect, test } from 'vitest'
import { type InstallationBench, installationBench, OWNER } from '../installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

test('the terminal is an owner: it gives roles, also before anybody has one', async () => {
  expect((await bench.run(['people'])).out).toContain('Nobody owns this manager yet')
  expect((await bench.run(['grant', 'invite', 'admin'])).err).toContain('the manager has never been started')
  expect((await bench.run(['grant', String(OWNER), 'owner'])).out).toBe('42 is now owner.\n')
  const refused = await bench.run(['revoke', String(OWNER)])
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('Make somebody else an owner first: tbs-manager grant <person> owner')
  const { people } = JSON.parse((await bench.run(['people', '--json'])).out)
  expect(people).toEqual([{ id: OWNER, name: '42', roles: [{ role: 'owner', bot: null }] }])
})
