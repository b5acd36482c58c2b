import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { addBot, type Bot, requestOperation, Secret } from '../../../deploy-engine/index.ts'
import { type GitHttpServer, gitHttpServer } from '../../helpers/git-http-server.ts'
import { gitRepo } from '../../helpers/git-repo.ts'
import { type ChatBench, chatBench, OWNER } from './chat-bench.ts'

// /set, /deploykey and /gittoken, as a person uses them.

const TOKEN = 'a-token-of-no-known-shape'
let bench: ChatBench
let server: GitHttpServer
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tbs-sources-'))
  await mkdir(join(root, 'repos'))
  const repo = await gitRepo(join(root, 'repos', 'private'))
  await repo.commit('main', { 'a.txt': 'a' })
  server = await gitHttpServer(join(root, 'repos'), root)
  server.wants = `x-access-token:${TOKEN}`
  vi.stubEnv('GIT_SSL_CAINFO', server.certificate)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
})

afterEach(() => bench.close())

const bot = (): Promise<Bot> => bench.engine.database.read.findOneByOrFail<Bot>('bot', { name: 'echo-bot' })

const secretKeys = async (): Promise<string[]> =>
  (await bench.engine.database.read.find<{ key: string }>('secret')).map(({ key }) => key).sort()

describe('/set', () => {
  beforeEach(() => bench.register('echo-bot'))

  test.each<[string, Partial<Bot>, string]>([
    ['branch=dev', { branch: 'dev' }, 'branch was main, is dev.'],
    ['branch=', { branch: null }, 'branch was main, is not set.'],
    ['path=bots/echo/', { path: 'bots/echo' }, 'path was not set, is bots/echo.'],
    ['token_env=MY_TOKEN', { tokenEnv: 'MY_TOKEN' }, 'token_env was not set, is MY_TOKEN.'],
    ['dockerfile=ignored', { ignoreDockerfile: true }, 'dockerfile was own, is ignored.'],
    ['dockerfile=', { ignoreDockerfile: false }, 'dockerfile was own, is own.'],
    ['repo=file:///other', { repo: 'file:///other' }, 'repo was file:///repo, is file:///other.'],
    ['repo=file:///a=b', { repo: 'file:///a=b' }, 'is file:///a=b.'],
  ])('%s is changed, with what was, what is, and what to do', async (setting, changed, said) => {
    const answer = await bench.answer(`/set echo-bot ${setting}`)
    expect(answer).toContain(`echo-bot: ${setting.split('=')[0]} was `)
    expect(answer).toContain(said)
    expect(answer).toContain('Use it with /deploy echo-bot')
    expect(await bot()).toMatchObject(changed)
  })

  test.each([
    ['branch', 'setting: a setting is written key=value'],
    ['colour=red', 'There is no setting colour\nSettings are: repo, branch, path, token_env, dockerfile'],
    ['__proto__=x', 'There is no setting __proto__'],
    ['repo=', 'repo: a bot needs a repository'],
    ['repo=ext::sh', 'repo: a repository URL starts with'],
    ['repo=http://example.org/x', 'http repositories are not allowed here'],
    ['repo=https://me:secret@example.org/x', 'carries no password or token'],
    ['branch=--upload-pack=x', 'branch: a ref starts with'],
    ['branch=a..b', 'branch: this is not a valid git ref'],
    ['path=../x', 'path: a path names a directory inside the repository'],
    ['path=/etc', 'path: a path begins below the repository'],
    ['path=-rf', 'path: a path begins below the repository'],
    ['token_env=a-b', 'token_env: a variable is letters, digits and _'],
    ['dockerfile=maybe', 'dockerfile: takes own or ignored'],
  ])('%s is refused and changes nothing', async (setting, why) => {
    const before = await bot()
    expect(await bench.answer(`/set echo-bot ${setting}`)).toContain(why)
    expect(await bot()).toEqual(before)
  })

  test('is refused while something is done or waits for that bot', async () => {
    const request = { bot: 'echo-bot', kind: 'deploy' as const, args: {}, requestedBy: 'test' }
    const { operation } = await requestOperation(bench.engine, request)
    expect(await bench.answer('/set echo-bot branch=dev')).toBe(
      `echo-bot is busy: deploy #${operation.id} is queued\nWait for its end, or stop it with /cancel echo-bot`,
    )
    expect(await bot()).toMatchObject({ branch: 'main' })
  })
})

test('/addbot takes a directory of a larger repository, and nothing outside of it', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  expect(await bench.answer('/addbot echo-bot file:///repo --path ../x')).toContain('path: a path names a directory')
  await bench.answer('/addbot echo-bot file:///repo main --path bots/echo')
  expect(await bench.answer(token)).toContain('is registered')
  expect(await bot()).toMatchObject({ branch: 'main', path: 'bots/echo' })
})

test('/deploykey makes a key once, shows its public half only, and another one when asked', async () => {
  await bench.register('echo-bot')
  const first = await bench.answer('/deploykey echo-bot')
  const [line] = /ssh-ed25519 \S+ tbs-manager/.exec(first) ?? []
  expect(line).toBeDefined()
  expect(first).toContain('Settings → Deploy keys')
  expect(first).toContain('It is used over ssh only: /set echo-bot repo=git@…')
  expect(await bench.answer('/deploykey echo-bot')).toContain(line)
  expect(await bench.answer('/deploykey echo-bot old')).toContain('the only word here is new')
  const renewed = await bench.answer('/deploykey echo-bot new')
  expect(renewed).toContain('ssh-ed25519 ')
  expect(renewed).not.toContain(line)
  expect(await secretKeys()).toEqual(['git:key', 'token'])
  expect(JSON.stringify([bench.entries, bench.said()])).not.toContain('PRIVATE KEY')
})

describe('/gittoken', () => {
  beforeEach(async () => {
    const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
    const repo = `${server.origin}/private`
    await addBot(bench.engine, { name: 'echo-bot', repo, token: new Secret(token) })
  })

  const isGone = (id: number) => bench.chat().find(({ message_id }) => message_id === id)?.deleted === true

  test('asks for the token, takes it out of the chat, tries it and stores it sealed', async () => {
    expect(await bench.answer('/gittoken echo-bot')).toContain(`a token that may read ${server.origin}/private`)
    const wrong = bench.says('not-the-right-token')
    const [refused] = await bench.answers(wrong)
    expect(refused?.text).toContain('can’t be read with its token')
    expect(refused?.text).toContain('I go on waiting for the token; /cancel ends it.')
    expect(isGone(wrong.message_id)).toBe(true)
    expect(await secretKeys()).toEqual(['token'])
    const right = bench.says(`  ${TOKEN}\n`)
    const [stored] = await bench.answers(right)
    expect(stored?.text).toBe(
      `echo-bot: the token is stored, and ${server.origin}/private can be read.\nThen: /deploy echo-bot`,
    )
    expect(isGone(right.message_id)).toBe(true)
    expect(await secretKeys()).toEqual(['git:token', 'token'])
    expect(JSON.stringify([bench.entries, bench.said()])).not.toContain(TOKEN)
    const { dataDir } = bench.config
    for (const name of await readdir(dataDir, { recursive: true })) {
      const text = await readFile(join(dataDir, name), 'latin1').catch(() => '')
      expect(text).not.toContain(TOKEN)
    }
  })

  test('a token for one server is removed when the bot moves to another', async () => {
    await bench.answer('/gittoken echo-bot')
    expect(await bench.answer(TOKEN)).toContain('is stored')
    expect(await bench.answer(`/set echo-bot repo=${server.origin}/other`)).not.toContain('git token')
    expect(await secretKeys()).toContain('git:token')
    expect(await bench.answer('/set echo-bot repo=https://example.org/private')).toContain(
      'Its git token was for another server and is removed. A new one: /gittoken echo-bot',
    )
    expect(await secretKeys()).toEqual(['token'])
  })

  test('what is no token is taken out of the chat as well; a bot’s token is not taken for one', async () => {
    await bench.answer('/gittoken echo-bot')
    const words = bench.says('here it is: secret')
    expect((await bench.answers(words))[0]?.text).toContain('That is not an access token')
    expect(isGone(words.message_id)).toBe(true)
    const { token } = bench.sandbox.addBot({ username: 'other_bot', name: 'Other' })
    expect(await bench.answer(token)).toContain('That is not an access token')
    expect(await bench.answer('/cancel')).toContain('I no longer wait for a token.')
    expect(await secretKeys()).toEqual(['token'])
  })

  test.each([`/gittoken echo-bot ${TOKEN}`, `/deploy echo-bot ghp_${'a'.repeat(36)}`, `github_pat_${'a1'.repeat(20)}`])(
    'a token that nobody asked for is taken out and not used: %s',
    async (text) => {
      const sent = bench.says(text)
      const [reply] = await bench.answers(sent)
      expect(reply?.text).toContain('held an access token, so I took it out of the chat and did not use it')
      expect(isGone(sent.message_id)).toBe(true)
      expect(await secretKeys()).toEqual(['token'])
      expect(bench.queued).toEqual([])
    },
  )

  test('is not asked for where it would be of no use, nor in a group', async () => {
    await bench.answer('/set echo-bot repo=git@github.com:me/echo.git')
    expect(await bench.answer('/gittoken echo-bot')).toContain('For ssh: /deploykey echo-bot')
    await bench.answer('/set echo-bot repo=file:///repo')
    expect(await bench.answer('/gittoken echo-bot')).toContain('is not read over https')
    expect(await bench.answer('/gittoken nope')).toContain('There is no bot named nope')
    await bench.answer(`/set echo-bot repo=${server.origin}/private`)
    const group = await bench.group()
    bench.sandbox.say(OWNER, group.id, '/gittoken echo-bot')
    const reply = await bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).find(({ from }) => from.is_bot))
    expect(reply.text).toContain('/gittoken needs a token, which nobody else may read')
  })
})
