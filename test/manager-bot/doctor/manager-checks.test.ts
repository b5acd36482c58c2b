import { chmod, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Diagnosis,
  type Engine,
  type Examined,
  examine,
  mend,
  openEngine,
  openHost,
} from '../../../deploy-engine/index.ts'
import { noteStart } from '../../../manager-bot/chat/manager-state.ts'
import { noteConflict, noteConflictOver } from '../../../manager-bot/chat/poll-conflict.ts'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'
import { type Config, engineSettings, readConfig } from '../../../manager-bot/config.ts'
import { managerChecks } from '../../../manager-bot/doctor/manager-checks.ts'
import { connectRedis, openRedis } from '../../../manager-bot/redis.ts'
import { openSandbox, type Sandbox, type SandboxBot } from '../../../telegram-sandbox/index.ts'
import { quietLog } from '../../helpers/engine.ts'
import { eventually } from '../../helpers/eventually.ts'

let directory: string
let sandbox: Sandbox
let manager: SandboxBot
let config: Config
let tokenFile: string
const closers: (() => Promise<void>)[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-doc-'))
  sandbox = await openSandbox()
  manager = sandbox.addBot({ username: 'tbs_manager_bot' })
  sandbox.addPerson({ id: 42, name: 'Olga' })
  tokenFile = join(directory, 'token')
  await writeFile(tokenFile, manager.token, { mode: 0o600 })
  config = configWith({})
  await mkdir(config.dataDir)
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await sandbox.close()
  await rm(directory, { recursive: true, force: true })
})

const configWith = (more: Record<string, string>): Config =>
  readConfig({
    PATH: process.env.PATH,
    TBS_TOKEN_FILE: tokenFile,
    TBS_INSTANCE: 'tbs-doc-test',
    TBS_DATA_DIR: join(directory, 'data'),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    ...more,
  })

const limits = () => ({ clock: openHost(engineSettings(config)).clock, signal: new AbortController().signal })

const examined = (engine?: Engine): Promise<Examined[]> =>
  examine(managerChecks(openHost(engineSettings(config)), config, engine), limits())

/** What one check says. */
const said = async (check: string, engine?: Engine): Promise<Diagnosis[]> =>
  (await examined(engine)).map(({ diagnosis }) => diagnosis).filter((one) => one.check === check)

const mended = async (check: string) => {
  const one = (await examined()).find(({ diagnosis }) => diagnosis.check === check && diagnosis.fixable)
  if (!one) throw new Error(`${check}: there is nothing to mend`)
  return mend(one, limits())
}

const ask = async (method: string): Promise<unknown> => {
  const answer = await fetch(`${sandbox.apiRoot}/bot${manager.token}/${method}`)
  const { result }: { result?: unknown } = JSON.parse(await answer.text())
  return result
}

const beats = () => writeFile(join(config.dataDir, 'heartbeat'), '')

describe('the manager’s own bot', () => {
  test('a token that Telegram takes, refuses, and one that is not known here', async () => {
    expect(await said('token')).toMatchObject([{ state: 'ok', found: 'The manager is @tbs_manager_bot' }])
    config = configWith({ TBS_TOKEN: '100000001:AAabcdefghijklmnopqrstuvwxyz0123456' })
    expect(await said('token')).toMatchObject([{ state: 'bad', found: 'Telegram refuses the manager’s token' }])
    config = configWith({ TBS_TOKEN_FILE: '' })
    expect(await said('token')).toMatchObject([{ state: 'warn', found: 'The manager’s token is not known here' }])
    expect(await said('webhook')).toEqual([])
  })

  test('a webhook that was left behind is deleted, and what waits is kept', async () => {
    await ask('setWebhook?url=https://old.invalid/hook')
    sandbox.say(42, 'tbs_manager_bot', 'hello')
    const [found] = await said('webhook')
    expect(found).toMatchObject({ state: 'bad', fixable: true })
    expect(found?.found).toMatch(/^A webhook at old\.invalid is set for the manager; 1 messages? waits?$/)
    expect(await mended('webhook')).toMatchObject({ isMended: true, after: [{ state: 'ok' }] })
    expect(await ask('getWebhookInfo')).toMatchObject({ url: '', pending_update_count: 1 })
  })

  test('another program with its token, as far as the running manager knows', async () => {
    const { engine, close } = await openEngine(engineSettings(config), { log: quietLog, ...chatTables })
    closers.push(close)
    const conflict = async () => (await said('conflict', engine))[0]
    const now = engine.clock.now()
    const note = (what: typeof noteConflict, at: number) =>
      engine.database.transaction((entities) => what(entities, at))
    expect(await conflict()).toMatchObject({ state: 'warn', found: expect.stringMatching(/^No manager is running/) })
    await beats()
    expect(await conflict()).toMatchObject({ state: 'ok' })
    await note(noteConflict, now - 10 * 60_000)
    expect(await conflict()).toMatchObject({ state: 'bad', found: expect.stringMatching(/first seen 10 min ago$/) })
    await noteStart(engine)
    expect(await conflict()).toMatchObject({ state: 'ok' })
    await note(noteConflict, engine.clock.now() + 1)
    expect(await conflict()).toMatchObject({ state: 'bad' })
    await note(noteConflictOver, engine.clock.now())
    expect(await conflict()).toMatchObject({ state: 'ok' })
  })
})

test('files that others can read are made private', async () => {
  const owners = join(config.dataDir, 'owners')
  await writeFile(owners, '42\n', { mode: 0o600 })
  expect(await said('files')).toMatchObject([{ state: 'ok' }])
  await chmod(tokenFile, 0o644)
  await chmod(owners, 0o640)
  expect((await said('files')).map(({ found }) => found)).toEqual([
    `${tokenFile} has mode 0644`,
    `${owners} has mode 0640`,
  ])
  expect((await mended('files')).isMended).toBe(true)
  expect((await mended('files')).isMended).toBe(true)
  for (const path of [tokenFile, owners]) expect((await stat(path)).mode & 0o777).toBe(0o600)
})

describe('Redis', () => {
  test('away is no trouble while no manager runs, and bad while one does', async () => {
    expect(await said('redis')).toMatchObject([{ state: 'ok' }])
    await beats()
    expect(await said('redis')).toMatchObject([
      { state: 'bad', found: expect.stringMatching(/^Redis does not answer/) },
    ])
    config = configWith({ REDIS_URL: 'redis://127.0.0.1:1' })
    expect(await said('redis')).toMatchObject([{ state: 'bad', fix: 'Start it again where REDIS_URL says' }])
  })

  test('that forgets or throws away what it is told is set right; one that can’t write is told of', async () => {
    const { close } = await openRedis(config, quietLog)
    closers.push(close)
    const redis = connectRedis(config, {})
    closers.push(async () => redis.disconnect())
    expect(await said('redis')).toMatchObject([{ state: 'ok' }])
    await redis.config('SET', 'appendonly', 'no')
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect((await said('redis')).map(({ found, fixable }) => [found, fixable])).toEqual([
      ['Redis has appendonly no instead of yes', true],
      ['Redis has maxmemory-policy allkeys-lru instead of noeviction', true],
    ])
    expect((await mended('redis')).isMended).toBe(true)
    expect((await mended('redis')).isMended).toBe(true)
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes'])
    expect(await said('redis')).toMatchObject([{ state: 'ok' }])

    // A directory stands in its way.
    await mkdir(join(config.dataDir, 'redis', 'dump.rdb'))
    await eventually(() => redis.bgsave())
    await eventually(async () =>
      expect(await said('redis')).toMatchObject([{ state: 'bad', about: 'writes', fixable: false }]),
    )
  })
})

test('the host timer is judged by its last look, which a container sees too', async () => {
  const marker = join(config.dataDir, 'host-timer')
  const [without] = await said('timer')
  expect(without?.found).toMatch(/^No host timer is needed/)
  await writeFile(marker, '0 0 0 0 0\n')
  expect(await said('timer')).toMatchObject([{ state: 'ok', found: 'The host timer looked just now' }])
  const old = Date.now() / 1000 - 3600
  await utimes(marker, old, old)
  expect(await said('timer')).toMatchObject([{ state: 'warn', found: 'The host timer looked last 1 h ago' }])
})
