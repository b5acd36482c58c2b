import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addBot, openEngine, requestOperation, Secret, setConfigFile, setVariables } from '../../deploy-engine/index.ts'
import { newRun } from '../../deploy-engine/operations/perform.ts'
import { type Config, engineSettings, readConfig } from '../../manager-bot/config.ts'
import { type KnownSecrets, knownSecrets } from '../../manager-bot/known-secrets.ts'
import { createLog } from '../../manager-bot/log.ts'
import { openSandbox, type Sandbox } from '../../telegram-sandbox/index.ts'

const TOKEN = '123456789:AAExampleOfThirtyFiveCharacters_xyz'

let directory: string
let sandbox: Sandbox
let config: Config
let text: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-known-'))
  sandbox = await openSandbox()
  text = ''
  config = readConfig({
    TBS_TOKEN: TOKEN,
    TELEGRAM_API_ROOT: sandbox.apiRoot,
    TBS_DATA_DIR: join(directory, 'data'),
    REDIS_URL: 'redis://default:r%40disPass@127.0.0.1:6379/0',
    TBS_HEARTBEAT_URL: 'https://hc.example.org/ping/5e0a-secret?key=also-secret',
  })
})

afterEach(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true, force: true })
})

const logWith = (secrets: KnownSecrets) =>
  createLog({ pretty: false, level: 'info', hidden: secrets.all, write: (entry) => (text += entry) })

const open = () => {
  const secrets = knownSecrets(config)
  return openEngine(engineSettings(config), { log: logWith(secrets), onSecret: secrets.add })
}

test('what the manager was started with', () => {
  const log = logWith(knownSecrets(config))
  log.warn(
    { reason: `calling https://hc.example.org/ping/5e0a-secret?key=also-secret failed, /ping/5e0a-secret, ${TOKEN}` },
    'x',
  )
  log.warn({ reason: 'connecting to redis://default:r%40disPass@127.0.0.1:6379/0 with r@disPass' }, 'x')
  expect(text).not.toMatch(/5e0a|also-secret|r@disPass|r%40disPass|AAExample/)
})

test('what a bot has: when it is stored, and when it is read after a restart', async () => {
  const first = await open()
  const { token } = sandbox.addBot({ username: 'my_bot' })
  const bot = { name: 'my-bot', repo: 'https://example.org/repo', branch: 'main', token: new Secret(token) }
  await addBot(first.engine, bot)
  await setVariables(first.engine, 'my-bot', { API_KEY: new Secret('hunter2hunter2') })
  const content = new Secret('mode = fast\npassword = "in a file"\n')
  await setConfigFile(first.engine, 'my-bot', { path: 'config.toml', content })
  const say = (engine: typeof first.engine) =>
    engine.log.error({ err: new Error('hunter2hunter2 and in a file') }, 'fast and hunter2hunter2')
  say(first.engine)
  const { operation } = await requestOperation(first.engine, {
    bot: 'my-bot',
    kind: 'deploy',
    args: {},
    requestedBy: 'x',
  })
  await first.close()
  const second = await open()
  const run = await newRun(second.engine, operation, new AbortController().signal)
  say(run.engine)
  await second.close()
  const entries = text
    .trim()
    .split('\n')
    .map((entry) => JSON.parse(entry))
  expect(entries).toMatchObject([
    { msg: 'fast and [secret]', err: { message: '[secret] and [secret]' } },
    { msg: 'fast and [secret]', err: { message: '[secret] and [secret]' }, operation: operation.id, bot: 'my-bot' },
  ])
})
