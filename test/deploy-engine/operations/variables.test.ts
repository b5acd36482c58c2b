import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  addBot,
  botNames,
  checkNewBot,
  configFileNames,
  type Engine,
  hiddenValues,
  openEngine,
  requestOperation,
  Secret,
  setConfigFile,
  setVariables,
  variableNames,
} from '../../../deploy-engine/index.ts'
import { botSecrets, hiddenOf } from '../../../deploy-engine/operations/secrets.ts'
import { botByName } from '../../../deploy-engine/records/bot.ts'
import { changeOperation } from '../../../deploy-engine/records/operation.ts'
import { openSandbox, type Sandbox } from '../../../telegram-sandbox/index.ts'
import { quietLog } from '../../helpers/engine.ts'

let directory: string
let sandbox: Sandbox
let engine: Engine
let close = async () => {}
let count = 0
let name: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-variables-'))
  sandbox = await openSandbox()
  const roots = { apiRoot: sandbox.apiRoot, botsApiRoot: sandbox.apiRoot, dataDir: join(directory, 'data') }
  const names = { instance: 'tbs-variables', keyFile: join(directory, 'key'), timezone: 'Etc/UTC' }
  const settings = { ...roots, ...names, gitProtocols: ['https'], netPool: '10.213.0.0/16' }
  ;({ engine, close } = await openEngine(settings, { log: quietLog }))
})

afterAll(async () => {
  await close()
  await sandbox.close()
  await rm(directory, { recursive: true, force: true })
})

const newBot = () => {
  count += 1
  name = `bot-${count}`
  const { token } = sandbox.addBot({ username: `bot_${count}_bot` })
  return { name, repo: 'https://example.org/x.git', tokenEnv: 'TG_TOKEN', token: new Secret(token) }
}

beforeEach(async () => void (await addBot(engine, newBot())))

const of = (values: Record<string, string | null>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value === null ? null : new Secret(value)]))

const set = (values: Record<string, string | null>) => setVariables(engine, name, of(values))

const stored = async () => {
  const { token, variables, files } = await botSecrets(engine, await botByName(engine.database.read, name))
  const plain = (secrets: Record<string, Secret>) =>
    Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, secret.reveal()]))
  return { token: token.reveal(), variables: plain(variables), files: plain(files) }
}

const begin = async () => {
  const request = { kind: 'deploy' as const, args: {}, bot: name, requestedBy: 'test' }
  const { operation } = await requestOperation(engine, request)
  await engine.database.transaction((entities) => changeOperation(entities, operation.id, { state: 'running' }))
}

describe('variables', () => {
  test('are set, replaced and removed, all in one, and only their names are told', async () => {
    expect(await set({ B: '1', A: 'two', EMPTY: '' })).toMatchObject({ set: ['B', 'A', 'EMPTY'], removed: [] })
    expect(await variableNames(engine, name)).toEqual(['A', 'B', 'EMPTY'])
    expect(await set({ A: 'three', B: null, NONE: null })).toMatchObject({ set: ['A'], removed: ['B'] })
    expect((await stored()).variables).toEqual({ A: 'three', EMPTY: '' })
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['the token’s own', { TG_TOKEN: 'x' }, /TG_TOKEN can’t be set: it carries the bot’s token/],
    ['the manager’s', { TELEGRAM_API_ROOT: 'x' }, /set by the manager/],
    ['the name under which the token is kept', { token: 'x' }, /token can’t be set/],
    ['the program’s search path', { PATH: 'x' }, /PATH can’t be set/],
    ['no name', { 'A-B': 'x' }, /letters, digits and _/],
    ['another secret’s key', { 'git:token': 'x' }, /letters, digits and _/],
    ['one that is too large', { A: 'x'.repeat(32 * 1024 + 1) }, /larger than 32 KiB/],
    ['a zero byte', { A: 'a\0b' }, /zero byte/],
    ['lines with quotes', { A: '{\n"a": 1\n}' }, /several lines can’t have " or \\/],
    ['lines with backslashes', { A: 'a\r\\b' }, /several lines/],
    ['too many', Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`V${index}`, 'x'])), /at most 200/],
  ])('refused, and nothing is changed: %s', async (_what, values, why) => {
    const before = await stored()
    const error = await set({ GOOD: 'x', ...values }).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'bad_value', message: expect.stringMatching(why) })
    expect(error.hint).toMatch(/^Nothing was changed/)
    expect(await stored()).toEqual(before)
  })

  test('may have lines, as keys do, and quotes on one line, and 32 KiB', async () => {
    const values = { KEY: '-----BEGIN-----\nabc\n-----END-----\n', JSON: '{"a":"b\\n"}', LONG: 'x'.repeat(32 * 1024) }
    await set(values)
    expect((await stored()).variables).toEqual(values)
  })

  test('200 at most also in several steps', async () => {
    await set(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`V${index}`, 'x'])))
    await expect(set({ ONE_MORE: 'x' })).rejects.toMatchObject({ code: 'bad_value' })
    await set({ V0: null, ONE_MORE: 'x' })
    expect(await variableNames(engine, name)).toHaveLength(200)
  })

  test('of an operation that runs stay what it hides; one that waits takes the new ones', async () => {
    await begin()
    await expect(set({ A: 'x' })).rejects.toMatchObject({ code: 'bot_busy', hint: expect.stringContaining('/cancel') })
    expect(await variableNames(engine, name)).toEqual([])
  })

  test('while an operation waits they can be set', async () => {
    await requestOperation(engine, { kind: 'deploy', args: {}, bot: name, requestedBy: 'test' })
    await set({ A: 'x' })
    expect(await variableNames(engine, name)).toEqual(['A'])
  })

  test('of no bot', async () => {
    await expect(setVariables(engine, 'nobody', {})).rejects.toMatchObject({ code: 'unknown_bot' })
    await expect(variableNames(engine, 'nobody')).rejects.toMatchObject({ code: 'unknown_bot' })
  })
})

describe('config files', () => {
  const put = (path: string, content: string | null) =>
    setConfigFile(engine, name, { path, content: content === null ? null : new Secret(content) })

  test('are stored, replaced and removed; variables are something else', async () => {
    expect(await put('./config/bot.yml', 'a: 1')).toMatchObject({ path: 'config/bot.yml' })
    await put('config/bot.yml', 'a: 2')
    await put('config.json', '{}')
    expect(await configFileNames(engine, name)).toEqual(['config.json', 'config/bot.yml'])
    expect(await stored()).toMatchObject({ variables: {}, files: { 'config.json': '{}', 'config/bot.yml': 'a: 2' } })
    await put('config.json', null)
    expect(await configFileNames(engine, name)).toEqual(['config/bot.yml'])
  })

  test.each<[string, string]>([
    ['../config.json', 'x'],
    ['a/../../b', 'x'],
    ['/etc/passwd', 'x'],
    ['.env', 'x'],
    ['bot/.env', 'x'],
    ['.git/config', 'x'],
    ['-rf', 'x'],
    ['a\\b', 'x'],
    ['a\nb', 'x'],
    ['', 'x'],
    ['config.json', 'x'.repeat(64 * 1024 + 1)],
  ])('refused: %j', async (path, content) => {
    await expect(put(path, content)).rejects.toMatchObject({ code: 'bad_value' })
    expect(await configFileNames(engine, name)).toEqual([])
  })

  test('ten at most, and none is a directory of another', async () => {
    for (let index = 0; index < 10; index++) await put(`${index}.json`, 'x')
    await expect(put('one-more.json', 'x')).rejects.toMatchObject({ code: 'bad_value' })
    await put('0.json', 'again')
    await put('0.json', null)
    await expect(put('1.json/a', 'x')).rejects.toMatchObject({ message: expect.stringContaining('a directory') })
    expect(await configFileNames(engine, name)).toHaveLength(9)
  })

  test('one that is not there, and a bot that is busy', async () => {
    await put('a.json', 'x')
    await expect(put('b.json', null)).rejects.toMatchObject({
      code: 'unknown_file',
      hint: expect.stringContaining('a.json'),
    })
    await begin()
    await expect(put('c.json', 'x')).rejects.toMatchObject({ code: 'bot_busy' })
    await expect(put('a.json', null)).rejects.toMatchObject({ code: 'bot_busy' })
  })
})

describe('a new bot', () => {
  const more = {
    variables: of({ ADMIN_ID: '1' }) as Record<string, Secret>,
    volumes: ['/app/storage/'],
    files: [{ path: './config.json', content: new Secret('{}') }],
  }

  test('comes with all of them', async () => {
    const bot = newBot()
    expect(await addBot(engine, { ...bot, ...more })).toMatchObject({ volumes: ['/app/storage'] })
    expect(await stored()).toEqual({
      token: bot.token.reveal(),
      variables: { ADMIN_ID: '1' },
      files: { 'config.json': '{}' },
    })
  })

  test.each([
    { variables: of({ TG_TOKEN: 'x' }) as Record<string, Secret> },
    { variables: of({ A: 'a\0' }) as Record<string, Secret> },
    { volumes: ['data'] },
    { volumes: Array.from({ length: 21 }, (_, index) => `/v${index}`) },
    { files: [{ path: '../x', content: new Secret('') }] },
    { files: Array.from({ length: 11 }, (_, index) => ({ path: `${index}`, content: new Secret('') })) },
  ])('or not at all', async (wrong) => {
    const before = await botNames(engine)
    const { token: _asked, ...bot } = newBot()
    await expect(checkNewBot(engine, { ...bot, ...more, ...wrong })).rejects.toMatchObject({ code: 'bad_value' })
    await expect(addBot(engine, { ...newBot(), ...more, ...wrong })).rejects.toMatchObject({ code: 'bad_value' })
    expect(await botNames(engine)).toEqual(before)
  })
})

test('what a variable, a token or a file had before goes on being hidden, and is nothing else any more', async () => {
  const hidden = async () => (await hiddenValues(engine, name)).map((secret) => secret.reveal())
  await set({ A: 'first-value', B: 'other-value' })
  await setConfigFile(engine, name, { path: 'a.yml', content: new Secret('password: in-a-file\n') })
  await set({ A: 'second-value', B: null })
  await setConfigFile(engine, name, { path: 'a.yml', content: null })
  const all = ['first-value', 'second-value', 'other-value', 'in-a-file']
  expect(await hidden()).toEqual(expect.arrayContaining(all))
  const secrets = await botSecrets(engine, await botByName(engine.database.read, name))
  expect(hiddenOf(secrets).map((secret) => secret.reveal())).toEqual(expect.arrayContaining(all))
  expect((await stored()).variables).toEqual({ A: 'second-value' })
  expect(await variableNames(engine, name)).toEqual(['A'])
  expect(await configFileNames(engine, name)).toEqual([])
  for (let round = 0; round < 60; round += 1) await set({ A: `value-${round}` })
  expect((await hidden()).length).toBeLessThan(60)
  expect(await hidden()).toContain('value-58')
})
