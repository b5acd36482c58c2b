import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { beginUpgrade, carryOutUpgrade, type Upgrade, type Upgrading } from '../../deploy-engine/index.ts'
import { type Does, type FakeManagers, fakeManagers } from '../helpers/fake-managers.ts'
import { sampled } from '../helpers/sampled.ts'

// faults.md, row 15: the manager is upgraded to a version that does not start. Its container is a small program here,
// and what carries the upgrade out runs in this process; test/long/upgrade.test.ts does it all on a server.

let here: FakeManagers
let first: string

beforeEach(async () => {
  here = await fakeManagers()
  first = await here.image('1.0.0')
  await here.install(first)
})

afterEach(() => here.close())

/** As `beginUpgrade` leaves it, without the container that would carry it out. */
const begin = async (image?: string): Promise<Upgrade> => {
  const docker = { ...here.upgrading.docker, createLike: async () => 'nobody', start: async () => {} }
  return beginUpgrade({ ...here.upgrading, docker }, { requestedBy: 'test', ...(image !== undefined && { image }) })
}

const upgradeTo = async (does: Does): Promise<Upgrade | undefined> => {
  await begin(await here.image('2.0.0', does))
  return carryOutUpgrade(here.upgrading)
}

const runs = (image: string) => [{ name: 'manager', image, state: 'running', restart: 'unless-stopped' }]

const marker = () =>
  access(join(here.dataDir, 'upgrading')).then(
    () => 'there',
    () => 'gone',
  )

const isKept = async (image: string): Promise<void> => {
  expect(await here.managers()).toEqual(runs(image))
  expect(await here.sql('SELECT name FROM migrations')).toBe('1.0.0,2.0.0')
  expect(await marker()).toBe('gone')
}

const isAsBefore = async (): Promise<void> => {
  expect(await here.managers()).toEqual(runs(first))
  expect(await here.sql('SELECT name FROM migrations')).toBe('1.0.0')
  expect(await marker()).toBe('gone')
}

test('a version that works takes the old one’s place, with its settings, and the one before is kept', async () => {
  const second = await here.image('2.0.0')
  await begin(second)
  const ended = await carryOutUpgrade(here.upgrading)
  expect(ended).toMatchObject({ result: 'done', from: { version: '1.0.0' }, to: { version: '2.0.0' } })
  expect(ended?.gapMs).toBeLessThan(20_000)
  await isKept(second)
  expect(await here.happened()).toEqual(['1.0.0 runs', '1.0.0 stops', '2.0.0 runs'])

  const back = await begin()
  expect(back).toMatchObject({ kind: 'rollback', to: { version: '1.0.0', image: first } })
  expect(await carryOutUpgrade(here.upgrading)).toMatchObject({ result: 'done' })
  expect(await here.managers()).toEqual(runs(first))
  // What the newer one had added was in the older one's way.
  expect(await here.sql('SELECT name FROM migrations')).toBe('1.0.0')
})

test.each([
  ['exits', /exited with code 3/],
  ['fails', /exited with code 1/],
] as const)('one that %s: the old one is back, its database as before', async (does, reason) => {
  const ended = await upgradeTo(does)
  expect(ended).toMatchObject({ result: 'undone', reason: expect.stringMatching(reason) })
  if (does === 'fails') expect(ended?.logLines?.join()).toContain('a migration fails half-way')
  await isAsBefore()
  expect(await here.happened()).toEqual(['1.0.0 runs', '1.0.0 stops', '1.0.0 runs'])
})

test('one that runs but does not poll: the old one is back after a minute (of a clock that runs fast)', async () => {
  await begin(await here.image('2.0.0', 'deaf'))
  const { clock } = here.upgrading
  const quick = { ...clock, elapsed: () => 10 * clock.elapsed() }
  const ended = await carryOutUpgrade({ ...here.upgrading, clock: quick })
  expect(ended).toMatchObject({ result: 'undone', reason: expect.stringContaining('did not reach Telegram') })
  await isAsBefore()
})

describe('refused, and nothing is changed:', () => {
  const refused = (image?: string) => begin(image).catch(({ code, message }) => `${code}: ${message}`)

  test('while it is at work, the same version, none before, and an image that nobody has', async () => {
    await here.sql("INSERT INTO bots VALUES (1, 'my-bot')")
    await here.sql("INSERT INTO operations VALUES (7, 'deploy', 'running', 1)")
    const second = await here.image('2.0.0')
    expect(await refused(second)).toMatch(/^operations_running: .*deploy #7 of my-bot/)
    expect(await refused(first)).toMatch(/^same_version/)
    expect(await refused()).toMatch(/^no_version_before/)
    expect(await refused('sha256:123')).toMatch(/^unknown_image/)
    expect(await here.managers()).toEqual(runs(first))
    expect(await here.upgrading.journal.read()).toBeUndefined()
  })

  test('back to a version that does not know of what was done since', async () => {
    await upgradeTo('works')
    await here.sql("INSERT INTO bots VALUES (1, 'my-bot')")
    await here.sql("INSERT INTO operations VALUES (7, 'deploy', 'succeeded', 1)")
    expect(await refused()).toMatch(/^rollback_too_late: .*deploy #7 of my-bot/)
  })
})

class Killed extends Error {}

/** The same, killed before or after its nth call; what died does nothing more. */
const killedAt = (
  upgrading: Upgrading,
  nth: number,
  edge: 'before' | 'after',
): { parts: Upgrading; calls(): number } => {
  let calls = 0
  const dying = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name)
        if (typeof call !== 'function') return call
        return async (...given: unknown[]) => {
          calls++
          if (calls > nth || (calls === nth && edge === 'before')) throw new Killed()
          const result = await call(...given)
          if (calls === nth) throw new Killed()
          return result
        }
      },
    })
  const { docker, journal, database } = upgrading
  const parts = { ...upgrading, docker: dying(docker), journal: dying(journal), database: dying(database) }
  return { parts, calls: () => calls }
}

/** More calls than there are: the last ones see that nothing was left to be killed. */
const CALLS = 26
const POINTS = Array.from({ length: CALLS }, (_, index) => index + 1).flatMap((nth) =>
  (['before', 'after'] as const).map((edge) => ({ nth, edge })),
)

test.each(sampled(sampled(POINTS)))(
  'killed $edge call $nth of a good one, it goes on and is kept',
  async ({ nth, edge }) => {
    const second = await here.image('2.0.0')
    await begin(second)
    await carryOutUpgrade(killedAt(here.upgrading, nth, edge).parts).catch(() => undefined)
    const ended = await carryOutUpgrade(here.upgrading)
    expect(ended?.result).toBe('done')
    await isKept(second)
    expect((await here.happened()).filter((line) => line.includes('another'))).toEqual([])
  },
)

test.each(sampled(sampled(POINTS)))(
  'killed $edge call $nth of a bad one, the old one is back',
  async ({ nth, edge }) => {
    await begin(await here.image('2.0.0', 'exits'))
    await carryOutUpgrade(killedAt(here.upgrading, nth, edge).parts).catch(() => undefined)
    const ended = await carryOutUpgrade(here.upgrading)
    expect(ended?.result).toBe('undone')
    await isAsBefore()
    expect((await here.happened()).filter((line) => line.includes('another'))).toEqual([])
  },
)
