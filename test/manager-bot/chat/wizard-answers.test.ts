import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bot, botByName, looksSecret } from '../../../deploy-engine/index.ts'
import { overHttps, overSsh, typedRepo } from '../../../manager-bot/chat/wizard/git-url.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'
import { type ChatBench, chatBench, OWNER } from './chat-bench.ts'
import { type WizardBench, wizardBench } from './wizard-bench.ts'

// What people answer, and what is refused of it.

const FILES = {
  'package.json': '{"scripts":{"start":"node bot.js"}}',
  'bot.js': 'process.env.BOT_TOKEN\n',
  '.env.example': 'CITY=\n',
  'config.example.json': '{}',
}

let root: string
let repo: GitRepo
let bench: ChatBench
let wizard: WizardBench
let token: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tbs-wizard-'))
  repo = await gitRepo(join(root, 'repo'))
  await repo.commit('main', FILES)
})

afterAll(() => rm(root, { recursive: true, force: true }))

beforeEach(async () => {
  bench = await chatBench()
  wizard = wizardBench(bench)
  await bench.start()
  token = bench.sandbox.addBot({ username: 'weather_bot', name: 'Weather' }).token
})

afterEach(() => bench.close())

const toToken = async () => {
  await wizard.says('/addbot weather', 'Repository')
  await wizard.says(repo.url, 'How to build it')
  return wizard.presses('Build it like this', 'Token')
}

const secretKeys = async () =>
  (await bench.engine.database.read.find<{ key: string }>('secret')).map(({ key }) => key).sort()

test('a name in use, and one that is none, are refused at once', async () => {
  await bench.register('weather')
  expect(await bench.answer('/addbot weather')).toContain('There is a bot named weather already')
  await wizard.says('/addbot', 'Name')
  expect((await wizard.says('weather', 'Name')).text).toContain('There is a bot named weather already')
  expect((await wizard.says('Weather Bot!', 'Name')).text).toContain('a bot name is 2 to 31 lower-case letters')
})

describe('the token', () => {
  const revoked = () => {
    const bot = bench.sandbox.addBot({ username: 'old_bot', name: 'Old' })
    bench.sandbox.revokeToken(bot.id)
    return bot.token
  }

  test.each<[string, () => string | Promise<string>, string, boolean]>([
    ['malformed', () => '123456:tooshort-to-be-one', 'That is not a bot token.', true],
    ['something else', () => 'which token?', 'That is not a bot token.', false],
    ['revoked', revoked, 'Telegram refuses this bot', true],
    ['the manager’s own', () => bench.manager.token, 'the manager itself', true],
    [
      'in use',
      async () => {
        const username = await bench.register('echo-bot')
        return bench.sandbox.addBot({ username, name: 'echo-bot' }).token
      },
      'registered as echo-bot already',
      true,
    ],
  ])('that is %s is refused with the reason, and asked for again', async (_what, make, why, deleted) => {
    await toToken()
    const given = await make()
    const again = await wizard.says(given, 'Token')
    expect(again.text).toContain(why)
    expect(again.text).not.toContain(given)
    expect(bench.chat().find(({ text }) => text === given)?.deleted).toBe(deleted)
    await wizard.says(token, 'Token variable')
  })

  test('of a bot that has a webhook is taken, and that is said with its host alone', async () => {
    const url = 'https://hooks.example.org/path-that-may-be-secret'
    await fetch(`${bench.sandbox.apiRoot}/bot${token}/setWebhook?url=${encodeURIComponent(url)}`)
    await toToken()
    const next = await wizard.says(token, 'Token variable')
    expect(next.text).toContain('Telegram sends its updates to hooks.example.org now')
    expect(next.text).not.toContain('path-that')
  })

  test('a token at another question is taken out of the chat and not used', async () => {
    await wizard.says('/addbot weather', 'Repository')
    expect(await bench.answer(token)).toContain('held a bot token, so I took it out of the chat')
    await wizard.says(repo.url, 'How to build it')
  })
})

describe('variables, data and config files', () => {
  beforeEach(async () => {
    await toToken()
    await wizard.says(token, 'Token variable')
  })

  test('the variable of the token may be another one', async () => {
    expect((await wizard.says('not a name', 'Token variable')).text).toContain('letters, digits and _')
    await wizard.says('MY_TOKEN', 'Variables')
  })

  test('any variable can be set by NAME=value; what looks secret is deleted, what is reserved refused', async () => {
    await wizard.presses('BOT_TOKEN', 'Variables')
    expect((await wizard.says('API_KEY=a-value-that-is-secret', 'Variables')).text).toContain('API_KEY is set.')
    expect(bench.chat().find(({ text }) => text.startsWith('API_KEY='))?.deleted).toBe(true)
    expect((await wizard.says('LEVEL=debug', 'Variables')).text).toContain('Set by you: API_KEY, LEVEL')
    expect(bench.chat().find(({ text }) => text === 'LEVEL=debug')?.deleted).toBe(false)
    expect((await wizard.says('PATH=/x', 'Variables')).text).toContain('PATH can’t be set')
    expect((await wizard.says('BOT_TOKEN=x', 'Variables')).text).toContain('BOT_TOKEN carries the bot’s token')
    expect((await wizard.says('hm?', 'Variables')).text).toContain('send NAME=value')
  })

  test('a variable may be left empty, or out', async () => {
    await wizard.presses('BOT_TOKEN', 'Variables')
    await wizard.presses('Go on', 'Variable 1 of 1')
    await wizard.presses('Leave it empty', 'Data')
    await wizard.presses('‹ Back', 'Variable 1 of 1')
    const data = await wizard.presses('Leave it out', 'Data')
    expect(data.text).toContain('/app/data')
    expect((await wizard.says('data', 'Data')).text).toContain('an absolute path in the container')
    await wizard.says('/app/one, /app/two', 'Config file')
    const summary = await wizard.presses('Skip', 'Ready')
    expect(summary.text).toContain('/app/one, /app/two')
    expect(summary.text).not.toContain('Variables')
  })

  test('a config file is text of at most 64 KiB; it may come as a message', async () => {
    await wizard.presses('BOT_TOKEN', 'Variables')
    expect((await wizard.sends({ name: 'x.txt', content: 'x' }, 'Variables')).text).toContain('I asked for no file')
    await wizard.presses('Go on', 'Variable 1 of 1')
    await wizard.presses('Leave it out', 'Data')
    await wizard.says('/app/one', 'Config file')
    const large = await wizard.sends({ name: 'c.json', content: 'x'.repeat(65 * 1024) }, 'Config file')
    expect(large.text).toContain('larger than 64 KiB')
    const binary = await wizard.sends({ name: 'c.json', content: new Uint8Array([0xff, 0xfe, 0x00]) }, 'Config file')
    expect(binary.text).toContain('That file is no text')
    await wizard.says('{"a": "quiet-word-of-the-config"}', 'Ready')
    expect(bench.chat().find(({ text }) => text.includes('quiet-word'))?.deleted).toBe(true)
    await wizard.presses('Deploy', 'Deploying weather')
    expect(await secretKeys()).toEqual(['file:config.json', 'token'])
  })
})

test('a file that nobody asked for is answered', async () => {
  const sent = bench.sandbox.sendFile(OWNER, 'tbs_manager_bot', { name: 'x.txt', content: 'x' })
  expect((await bench.answers(sent))[0]?.text).toBe('I understand commands: /help')
})

describe('/set', () => {
  const bot = (): Promise<Bot> => botByName(bench.engine.database.read, 'echo-bot')

  test('token asks for a new one, of the same account or another, and refuses those in use', async () => {
    const username = await bench.register('echo-bot')
    const { id } = bench.sandbox.addBot({ username, name: 'echo-bot' })
    await bench.register('other')
    expect(await bench.answer('/set echo-bot token')).toContain('Now send the new token of echo-bot')
    const other = bench.sandbox.addBot({ username: 'other_bot', name: 'other' }).token
    expect(await bench.answer(other)).toContain('registered as other already')
    expect(await bench.answer(bench.manager.token)).toContain('the manager itself')
    expect(await bench.answer(bench.sandbox.revokeToken(id))).toBe(
      'echo-bot has a new token of @echo_bot_bot.\nThe next start uses it: /restart echo-bot',
    )
    await bench.answer('/set echo-bot token')
    expect(await bench.answer(token)).toContain(
      'is another account from now on: it was @echo_bot_bot, is @weather_bot.',
    )
    expect(await bot()).toMatchObject({ username: 'weather_bot' })
    expect(await bench.answer('/set echo-bot token=abc')).toContain('a token never goes into the command')
  })

  test('memory and cpus are limits of its own', async () => {
    await bench.register('echo-bot')
    expect(await bench.answer('/set echo-bot memory=256m')).toContain('memory was not set, is 256m.')
    expect(await bench.answer('/set echo-bot cpus=0.5')).toContain('cpus was not set, is 0.5.')
    expect(await bot()).toMatchObject({ memoryBytes: 256 * 1024 * 1024, cpus: 0.5 })
    expect(await bench.answer('/set echo-bot memory=1m')).toContain('a size from 32m to 65536m')
    expect(await bench.answer('/set echo-bot memory=')).toContain('memory was 256m, is not set.')
  })
})

test.each([
  ['PASSWORD', 'x', true],
  ['SENTRY_DSN', 'x', true],
  ['CITY', 'Paris', false],
  ['DATABASE_URL', 'postgres://me:word@db/x', true],
  ['DATABASE_URL', 'postgres://localhost/x', false],
  ['ADMIN', '4711', false],
  ['ID', 'ghp_0123456789abcdefghijklmnopqrstuvwxyz', true],
])('%s=%s looks secret: %s', (name, value, secret) => {
  expect(looksSecret(name, value)).toBe(secret)
})

test.each([
  ['https://github.com/me/x', { repo: 'https://github.com/me/x' }],
  ['github.com/me/x/ dev', { repo: 'https://github.com/me/x', ref: 'dev' }],
  ['https://github.com/me/x/tree/dev/bots/a?tab=1', { repo: 'https://github.com/me/x', ref: 'dev', path: 'bots/a' }],
  ['https://gitlab.com/g/s/x/-/tree/main', { repo: 'https://gitlab.com/g/s/x', ref: 'main' }],
  ['git@github.com:me/x.git main', { repo: 'git@github.com:me/x.git', ref: 'main' }],
])('%s names a repository', (typed, repo) => {
  expect(typedRepo(typed)).toEqual(repo)
})

test('a repository has an address for keys and one for tokens', () => {
  expect(overSsh('https://github.com/me/x.git')).toBe('git@github.com:me/x.git')
  expect(overHttps('git@github.com:me/x.git')).toBe('https://github.com/me/x.git')
  expect(overHttps('ssh://git@github.com/me/x.git')).toBe('https://github.com/me/x.git')
  expect(overHttps('ssh://git@example.org:2222/me/x.git')).toBeUndefined()
  expect(overSsh('https://example.org:8443/me/x.git')).toBeUndefined()
})
