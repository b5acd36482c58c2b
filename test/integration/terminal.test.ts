import { afterAll, beforeAll, expect, test } from 'vitest'
import { objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'

// The journey of the chat, typed into a terminal.

const QUICK = { 'tbs.yaml': 'gate: { ready: 10s, stable: 2s }\n' }

let here: Installation
let repo: GitRepo

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await repo.commit('main', { ...fixtureBot({ says: 'one', prints: 'my token is TOKEN' }), ...QUICK })
  await repo.commit('v2', { ...fixtureBot({ says: 'two' }), ...QUICK })
  await repo.commit('crashes', { ...fixtureBot({ says: 'never', crash: 'at once' }), ...QUICK })
  await here.start()
})

afterAll(() => here.close())

test('a bot is added, deployed, looked at, rolled back and kept, without a chat', async () => {
  const bot = here.sandbox.addBot({ username: 'terminal_fixture_bot' })
  const door = async (...args: string[]) => here.terminal(args, args[0] === 'addbot' ? `${bot.token}\n` : '')
  const chat = setInterval(() => here.sandbox.say(OWNER, bot.username, 'hello'), 200)
  const answered = (text: string) =>
    here.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).at(-1)?.text === text || undefined, { what: text })

  expect(await door('addbot', 'my-bot', repo.url)).toMatchObject({ code: 0 })
  const deployed = await door('deploy', 'my-bot', 'main')
  expect(deployed.output).toMatch(/v1 .* is live/)
  expect(deployed.code).toBe(0)
  await answered('one: hello')

  expect((await door('deploy', 'my-bot', 'v2')).code).toBe(0)
  await answered('two: hello')
  const failed = await door('deploy', 'my-bot', 'crashes')
  expect(failed.output).toMatch(/Not deployed.*exited with code 1/)
  expect(failed.code).toBe(1)

  const status = await door('status', 'my-bot', '--json')
  expect(JSON.parse(status.output)).toMatchObject({ state: 'live' })
  expect((await door('rollback', 'my-bot')).code).toBe(0)
  await answered('one: hello')
  clearInterval(chat)

  const inside = (...command: string[]) => here.terminal(['exec', 'my-bot', '--', ...command], 'typed')
  expect(await inside('sh', '-c', 'cat; echo; id -u; exit 7')).toEqual({
    code: 7,
    output: expect.stringMatching(/^typed\n\d+\n$/),
  })
  expect(await inside('no-such-program')).toMatchObject({
    code: 126,
    output: expect.stringContaining('not found'),
  })
  expect((await here.terminal(['exec', 'my-bot', '-t', '--', 'sh'])).output).toContain('no terminal here')
  expect((await door('audit', 'my-bot')).output).toMatch(/exec.*cat; echo/)

  const logs = await door('logs', 'my-bot')
  expect(logs.output).toContain('my token is')
  expect(logs.output).not.toContain(bot.token)
  expect((await door('releases', 'my-bot')).output).toMatch(/v2[\s\S]*v1/)
  expect((await objectsOf(here.instance)).containers).toEqual([`/${here.instance}-my-bot-v1 running`])
})

test('wrong words change nothing and say what would be right', async () => {
  const unknown = await here.terminal(['deploy', 'nobody', 'main'])
  expect(unknown).toMatchObject({ code: 1 })
  expect(unknown.output).toContain('There is no bot named nobody')
  expect((await here.terminal(['deploy', 'my-bot', '--upload-pack=x'])).code).not.toBe(0)
  expect((await here.terminal(['deploy', 'my-bot', 'no such ref'])).code).not.toBe(0)
})

test('/cancel stops a build, and only that', async () => {
  const before = await objectsOf(here.instance)
  const slow = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nRUN sleep 60\nCMD ["node", "bot.js"]\n'
  await repo.commit('slow', { ...fixtureBot({ says: 'slow' }), Dockerfile: slow })
  const asked = here.say('/deploy my-bot slow')
  await here.reads(/▸ Build/, { after: asked })
  here.say('/cancel my-bot')
  const message = await here.reads(/Cancelled/, { after: asked, timeout: 10_000 })
  expect(message.text).toMatch(/v1 runs on, untouched/)
  expect(await objectsOf(here.instance)).toEqual(before)
})

test('without a manager an operation is written down and the exit code says so', async () => {
  await here.stop()
  const { code, output } = await here.terminal(['deploy', 'my-bot', 'main'])
  expect(output).toMatch(/queued as #\d+.*no manager is running/is)
  expect(code).toBe(3)
})
