import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  addBot,
  type Diagnosis,
  type Engine,
  examine,
  hostChecks,
  type Mended,
  mend,
  ownChecks,
  privateFiles,
  Secret,
} from '../../../../deploy-engine/index.ts'
import { BackupSchema } from '../../../../deploy-engine/records/backup.ts'
import { BotSchema } from '../../../../deploy-engine/records/bot.ts'
import { noteSign } from '../../../../deploy-engine/records/incident.ts'
import { OperationSchema } from '../../../../deploy-engine/records/operation.ts'
import { TOKEN_KEY } from '../../../../deploy-engine/records/secret.ts'
import { type MemoryBot, memoryBot } from '../../../helpers/memory-bot.ts'
import { goAway } from '../../../helpers/memory-docker/daemon.ts'
import { BOT, TOKEN } from '../../../properties/world.ts'

const DAY = 86_400_000
const GIB = 1024 ** 3
const OTHER = '100000002:AAabcdefghijklmnopqrstuvwxyz0123456'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
  my.commit('good')
  expect((await my.operate('deploy')).state).toBe('succeeded')
  await backup(BOT, my.world.clock.now())
})

afterEach(() => my.close())

const engine = (): Engine => my.manager().engine
const limits = () => ({ clock: engine().clock, signal: new AbortController().signal })
const checks = (given = engine()) => [...hostChecks(given), ...ownChecks(given)]
const examined = () => my.until(examine(checks(), limits()))

/** What it says that is not fine. */
const troubles = async (): Promise<Diagnosis[]> =>
  (await examined()).map(({ diagnosis }) => diagnosis).filter(({ state }) => state !== 'ok')

const mendFirst = async (): Promise<Mended> => {
  const one = (await examined()).find(({ diagnosis }) => diagnosis.fixable)
  if (!one) throw new Error('there is nothing to mend')
  return my.until(mend(one, limits()))
}

const write = (work: Parameters<Engine['database']['transaction']>[0]) => my.until(engine().database.transaction(work))

const backup = (botName: string | null, createdAt: number, more = {}) =>
  write(async (entities) => {
    const file = `backups/${botName ?? 'host'}-${createdAt}`
    await my.world.files.writeText(`${my.world.settings.dataDir}/${file}`, 'x')
    const none = { telegramId: null, bytes: 1, sha256: 'x', release: null, state: 'good' as const, copies: [] }
    const of = { botId: botName === null ? null : 1, botName, file, cause: 'asked' as const, createdAt }
    return entities.insert(BackupSchema, { ...none, ...of, checkedAt: null, fault: null, ...more })
  })

/** A container that was never started, with these labels. */
const create = (name: string, labels: Record<string, string>): Promise<string> => {
  const image = [...my.world.daemon.images.keys()][0] ?? ''
  const limits = { memoryBytes: 1, cpus: 1, pids: 1, capDrop: [], capAdd: [] }
  const none = { env: {}, network: 'bridge', extraNetworks: [], extraHosts: [], mounts: [], ports: [] }
  return my.until(engine().docker.createContainer({ name, image, labels, ...none, ...limits }))
}

test('where all is well it says so of each thing', async () => {
  const found = await examined()
  expect(found.map(({ diagnosis }) => [diagnosis.check, diagnosis.state])).toEqual(
    ['docker', 'disk', 'memory', 'clock', 'dns', 'telegram', 'image', 'keys', 'database', 'bots', 'backups']
      .concat(['orphans', 'restarts'])
      .map((name) => [name, 'ok']),
  )
})

test('what fails, and what does not answer within 10 s, is a finding; the rest is found all the same', async () => {
  const failing = { name: 'failing', look: () => Promise.reject(new Error('no idea')) }
  const hanging = { name: 'hanging', look: () => new Promise<never>(() => {}) }
  const began = my.world.clock.now()
  const found = await my.until(examine([failing, hanging, ...checks()], limits()))
  expect(found.slice(0, 2).map(({ diagnosis }) => diagnosis)).toEqual([
    { check: 'failing', state: 'warn', found: 'could not be checked: no idea', fixable: false },
    { check: 'hanging', state: 'warn', found: 'could not be checked: no answer within 10 s', fixable: false },
  ])
  expect(found).toHaveLength(15)
  expect(my.world.clock.now() - began).toBeLessThan(11_000)
})

describe('of the host', () => {
  test('Docker away is said, and of what depends on it that it could not be checked', async () => {
    goAway(my.world.daemon)
    const [first, ...others] = await troubles()
    expect(first).toMatchObject({
      check: 'docker',
      state: 'bad',
      found: expect.stringMatching(/^Docker does not answer/),
    })
    expect(others.map(({ check }) => check)).toEqual(['image', 'orphans', 'restarts'])
    for (const { state, found } of others) {
      expect(state).toBe('warn')
      expect(found).toMatch(/^could not be checked: Docker does not answer/)
    }
  })

  test.each([
    ['1.40', 'bad'],
    ['1.41', undefined],
    ['1.43', undefined],
    ['2.0', undefined],
  ])('an API of Docker of %s is %s', async (version, state) => {
    my.world.daemon.apiVersion = version
    expect((await troubles())[0]?.state).toBe(state)
  })

  test('a full disk and short memory, by the thresholds of the watch', async () => {
    my.world.files.disk = { freeBytes: 1.5 * GIB, totalBytes: 100 * GIB }
    my.world.files.availableBytes = 0.5 * GIB
    expect(await troubles()).toMatchObject([
      { check: 'disk', state: 'bad', found: expect.stringContaining('Only 1.5 GB of 100.0 GB are free') },
      { check: 'memory', state: 'warn' },
    ])
  })

  test.each([
    [50_000, []],
    [90_000, [{ check: 'clock', state: 'bad', found: expect.stringMatching(/^The clock is (89|90) s behind/) }]],
    [-90_000, [{ check: 'clock', state: 'bad', found: expect.stringMatching(/^The clock is 9[01] s ahead of/) }]],
  ])('a clock that Telegram’s is ahead of by %i ms', async (aheadMs, found) => {
    my.world.telegram.aheadMs = aheadMs
    expect(await troubles()).toMatchObject(found)
  })

  test('Telegram and its name out of reach', async () => {
    my.world.telegram.down = true
    expect((await troubles()).map(({ check, state }) => [check, state])).toEqual([
      ['dns', 'bad'],
      ['telegram', 'bad'],
      ['clock', 'warn'],
      ['bots', 'warn'],
    ])
  })

  test('an old image of the manager, if it has a container', async () => {
    const { daemon, clock, settings } = my.world
    const [image] = daemon.images.values()
    if (!image) throw new Error('there is no image')
    await create('manager', { 'tbs.instance': settings.instance, 'tbs.role': 'manager' })
    image.builtAt = clock.now() - 179.9 * DAY
    expect(await troubles()).toEqual([])
    image.builtAt -= 1.5 * DAY
    expect(await troubles()).toMatchObject([
      { check: 'image', state: 'warn', found: 'The manager’s image is 181 days old' },
    ])
  })

  test('keys that others can read; each is mended by itself, once and again', async () => {
    const { states } = my.world.files
    const { keyFile, dataDir } = my.world.settings
    for (const path of [keyFile, `${keyFile}.age`, `${keyFile}.recovery`])
      states.set(path, { mode: 0o644, writtenAt: 1 })
    states.set(dataDir, { mode: 0o755, writtenAt: 1 })
    expect((await troubles()).map(({ found }) => found)).toEqual([
      `${keyFile} has mode 0644`,
      `${keyFile}.age has mode 0644`,
      `${keyFile}.recovery has mode 0644`,
      `${dataDir} has mode 0755`,
    ])
    const mended = await mendFirst()
    expect(mended).toMatchObject({
      isMended: true,
      before: { about: keyFile, fix: `Set the mode of ${keyFile} to 0600` },
    })
    expect(mended.after).toHaveLength(3)
    for (let left = 3; left > 0; left--) expect((await mendFirst()).isMended).toBe(true)
    expect([...states.values()].map(({ mode }) => mode)).toEqual([0o600, 0o600, 0o600, 0o700])
    expect(await troubles()).toEqual([])
  })

  test('what can’t be mended is said with its reason', async () => {
    const stateOf = async () => ({ mode: 0o644, writtenAt: 1 })
    const setMode = () => Promise.reject(new Error('EROFS: read-only file system'))
    const check = privateFiles('files', { stateOf, setMode }, [{ path: '/token', mode: 0o600 }])
    const [one] = await my.until(examine([check], limits()))
    const mended = one && (await my.until(mend(one, limits())))
    expect(mended).toMatchObject({ isMended: false, problem: 'EROFS: read-only file system' })
    const idle = privateFiles('files', { stateOf, setMode: async () => {} }, [{ path: '/token', mode: 0o600 }])
    const [again] = await my.until(examine([idle], limits()))
    const looked = again && (await my.until(mend(again, limits())))
    expect(looked).toMatchObject({ isMended: false, after: [{ found: '/token has mode 0644' }] })
    expect(looked).not.toHaveProperty('problem')
  })
})

describe('of the bots', () => {
  test('a token that Telegram refuses', async () => {
    my.world.telegram.revoke(TOKEN)
    expect(await troubles()).toMatchObject([
      { check: 'bots', state: 'bad', found: `Telegram refuses the token of ${BOT}`, fixable: false },
    ])
  })

  test('two bots, or a bot and the manager, with one account', async () => {
    my.world.telegram.addBot(OTHER, 'other_bot')
    await my.until(
      addBot(engine(), { name: 'other', repo: 'file:///memory', branch: 'main', token: new Secret(OTHER) }),
    )
    expect(await troubles()).toEqual([])
    const sealed = engine().vault.seal(2, TOKEN_KEY, new Secret(TOKEN))
    await write((entities) => entities.update('secret', { botId: 2, key: TOKEN_KEY }, { sealed }))
    expect(await troubles()).toMatchObject([{ found: 'my-bot and other use the same account of Telegram' }])
    const own = { ...engine(), settings: { ...engine().settings, ownAccount: 100000001 } }
    const found = await my.until(examine(ownChecks(own), limits()))
    expect(found[0]?.diagnosis.found).toBe('the manager itself and my-bot and other use the same account of Telegram')
  })

  test('a webhook of a bot that nothing from outside can reach', async () => {
    my.world.telegram.setWebhook(TOKEN, 'https://old.example.org/hook')
    expect(await troubles()).toMatchObject([
      { check: 'bots', state: 'warn', found: expect.stringMatching(/has a webhook at old\.example\.org, but nothing/) },
    ])
    my.world.telegram.setWebhook(TOKEN, '')
    expect(await troubles()).toEqual([])
  })

  test('a container that does not come back by itself; it is made to', async () => {
    const [machine] = [...my.world.daemon.machines.values()]
    if (!machine) throw new Error('nothing runs')
    machine.restart = 'no'
    expect(await troubles()).toMatchObject([{ check: 'restarts', state: 'bad', about: BOT, fixable: true }])
    const mended = await mendFirst()
    expect(mended).toMatchObject({ isMended: true, after: [{ state: 'ok' }] })
    expect(machine.restart).toBe('unless-stopped')
  })

  test('but one that is held back for its crashes, or stopped by a person, is left alone', async () => {
    const [machine] = [...my.world.daemon.machines.values()]
    if (!machine) throw new Error('nothing runs')
    machine.restart = 'no'
    const hold = { container: machine.id, tries: 0, nextTryAt: my.world.clock.now() + DAY }
    await write((entities) =>
      noteSign(entities, { botId: 1, kind: 'crash_loop', fingerprint: 'x', at: 1, detail: { hold } }),
    )
    expect(await troubles()).toEqual([])
    await write((entities) => entities.update('incident', { id: 1 }, { state: 'ended' }))
    expect(await troubles()).toHaveLength(1)
    await write((entities) => entities.update(BotSchema, { id: 1 }, { stoppedAt: 1 }))
    expect(await troubles()).toEqual([])
  })
})

describe('of the database', () => {
  test('an index that is gone, and rows without their other end', async () => {
    const { read } = engine().database
    await my.until(read.query('DROP INDEX bots_by_account'))
    await my.until(read.query('PRAGMA foreign_keys = OFF'))
    await my.until(read.query("INSERT INTO secrets VALUES (77, 'token', 'x', x'00', 1)"))
    const found = await troubles()
    expect(found.map(({ found: said }) => said)).toEqual([
      'Rows of the database lack what they refer to: secrets without its bots',
      'The database is not as this version makes it: the index bots_by_account',
    ])
    expect(found.every(({ state, fixable }) => state === 'bad' && !fixable)).toBe(true)
  })
})

describe('of backups', () => {
  test('none of data, an old one, one that was not read for long, one that can’t be restored', async () => {
    await write((entities) => entities.clear(BackupSchema))
    const now = my.world.clock.now()
    expect(await troubles()).toMatchObject([{ state: 'warn', found: `There is no backup of ${BOT}` }])
    await backup(BOT, now - 31 * DAY, { checkedAt: now - DAY })
    expect(await troubles()).toMatchObject([{ state: 'warn', found: `The newest backup of ${BOT} is 31 days old` }])
    await backup(BOT, now - 16 * DAY)
    expect(await troubles()).toMatchObject([
      { state: 'warn', found: `The newest backup of ${BOT} was never read, in 16 days` },
    ])
    await backup(BOT, now - DAY, { state: 'damaged', fault: 'cut off' })
    expect(await troubles()).toMatchObject([
      { state: 'bad', found: expect.stringContaining('can’t be restored: cut off') },
    ])
    await backup(BOT, now)
    expect(await troubles()).toEqual([])
  })

  test('of the manager itself: overdue after a day and two hours', async () => {
    await backup(null, my.world.clock.now() - 27 * 3600_000)
    expect(await troubles()).toMatchObject([
      { check: 'backups', state: 'bad', found: 'The backup of the manager itself is overdue' },
    ])
  })
})

describe('what is left in Docker', () => {
  const labels = (more: Record<string, string>) => ({ 'tbs.instance': my.world.settings.instance, ...more })
  const objects = () => {
    const { machines, images, networks, volumes } = my.world.daemon
    return [machines, images, networks, volumes].map(({ size }) => size)
  }

  const leave = async () => {
    const { docker } = engine()
    const { daemon } = my.world
    const base = [...daemon.images.values()][0]
    if (!base) throw new Error('there is no image')
    await create('left-v9', labels({ 'tbs.bot': BOT, 'tbs.role': 'bot', 'tbs.release': '9' }))
    await create('left-task', labels({ 'tbs.bot': BOT, 'tbs.role': 'task' }))
    await create('left-builder', labels({ 'tbs.bot': BOT }))
    await create('left-gone', labels({ 'tbs.bot': 'gone', 'tbs.role': 'bot', 'tbs.release': '1' }))
    const image = { ...base, labels: labels({ 'tbs.bot': BOT }), heldUntil: 0 }
    daemon.images.set('sha256:left', { ...image, id: 'sha256:left', tags: new Set() })
    daemon.images.set('sha256:old', { ...image, id: 'sha256:old', tags: new Set(['tbs-p/gone:1-abc']) })
    await my.until(docker.createNetwork({ name: 'left', subnet: '10.9.0.0/28', labels: labels({ 'tbs.bot': 'gone' }) }))
    await my.until(docker.createVolume({ name: 'left-copy', labels: labels({ 'tbs.bot': BOT, 'tbs.role': 'copy' }) }))
  }

  /** What must never be taken for left over. */
  const leaveAlone = async () => {
    const { docker } = engine()
    const [image] = my.world.daemon.images.values()
    if (image) image.builtAt = my.world.clock.now()
    await create('manager', labels({ 'tbs.role': 'manager' }))
    await create('upgrade', labels({ 'tbs.role': 'upgrade' }))
    await create('foreign', { 'tbs.instance': 'other', 'tbs.bot': BOT, 'tbs.role': 'bot' })
    await create('probe', labels({ 'tbs.bot': BOT, 'tbs.role': 'probe' }))
    await my.until(docker.createVolume({ name: 'data', labels: labels({ 'tbs.bot': 'gone' }) }))
    await my.until(docker.createVolume({ name: 'copy', labels: labels({ 'tbs.bot': 'gone', 'tbs.role': 'copy' }) }))
  }

  test('is named, and removed; everything else stays', async () => {
    await leaveAlone()
    const before = objects()
    expect(await troubles()).toEqual([])
    await leave()
    const [found, ...others] = await troubles()
    expect(others).toEqual([])
    for (const name of ['left-v9', 'left-task', 'left-builder', 'left-gone', 'image left', 'gone:1-abc', 'left-copy']) {
      expect(found?.found).toContain(name)
    }
    expect(await mendFirst()).toMatchObject({ isMended: true, after: [{ state: 'ok' }] })
    expect(objects()).toEqual(before)
    expect(await troubles()).toEqual([])
  })

  test('is not looked for at a bot that is being worked on', async () => {
    await leave()
    await write((entities) => entities.update(OperationSchema, { id: 1 }, { state: 'running' }))
    const [found] = await troubles()
    expect(found?.found).toMatch(/container left-gone/)
    expect(found?.found).not.toMatch(/left-v9|left-task|left-builder|left-copy/)
  })

  test('but data in it is kept, and no left-over from then on', async () => {
    await leave()
    const left = [...my.world.daemon.machines.values()].find(({ spec }) => spec.name === 'left-v9')
    if (!left) throw new Error('it is not there')
    left.spec.labels['tbs.release'] = '1'
    left.changes.set('/app/state.json', 1)
    expect((await mendFirst()).isMended).toBe(true)
    expect([...my.world.daemon.machines.values()].map(({ spec }) => spec.name)).toContain('left-v9')
    expect(await troubles()).toEqual([])
  })
})
