import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'

// faults.md, rows 2 and 5 (idle): nobody writes to the bot while it is deployed.

const QUICK = { 'tbs.yaml': 'gate: { ready: 5s, stable: 2s }\n' }

let here: Installation
let repo: GitRepo
let bot: SandboxBot

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', { ...fixtureBot({ says: 'base' }), ...QUICK })
  bot = await here.addBot('my-bot', repo)
})

afterAll(() => here.close())

const hear = (text: string, timeout: number) =>
  here.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some((message) => message.text === text), {
    timeout,
    what: `the bot saying “${text}”`,
  })

test('an idle bot is called unproven until its first update is seen consumed', async () => {
  const asked = here.say('/deploy my-bot main')
  const unproven = await here.reads(/unproven/, { after: asked, timeout: 120_000 })
  expect(unproven.text).toMatch(/v1 .* is running, but unproven/)

  // One message may be taken between two looks; a person who writes on is seen.
  for (let count = 0; !(await isLive(unproven.message_id)) && count < 20; count++) {
    here.sandbox.say(OWNER, bot.username, `${count}`)
    await hear(`base: ${count}`, 10_000)
    await here.reads(/is live/, { after: asked, timeout: 2_000 }).catch(() => undefined)
  }
  expect(await isLive(unproven.message_id)).toBe(true)
})

const isLive = async (message: number) =>
  here.sandbox
    .conversation(here.manager.username, OWNER)
    .some(({ message_id, text }) => message_id === message && /is live/.test(text))

test('row 2: a build that fails never touches the running version and shows its last lines', async () => {
  const before = await objectsOf(here.instance)
  await repo.commit('broken-build', { ...fixtureBot({ says: 'never', build: 'fails' }), ...QUICK })
  const asked = here.say('/deploy my-bot broken-build')
  const message = await here.reads(/Not deployed/, { after: asked, timeout: 120_000 })
  const document = await here.sandbox.waitFor(
    (s) => s.conversation(here.manager.username, OWNER).find(({ document }) => document)?.document,
  )

  expect(message.text).toContain(
    "“npm run build” ended with code 2: src/bot.ts:3:7: Type 'string' is not assignable to type 'number'. (TS2322)",
  )
  expect(message.text).toContain('v1 runs on, untouched')
  expect(message.text).toContain('src/bot.ts(3,7): error TS2322')
  expect(message.text).not.toContain('compiling module 1\n')
  expect(document.content.toString('utf8')).toContain('compiling module 1\n')
  expect(await objectsOf(here.instance)).toEqual(before)
  here.sandbox.say(OWNER, bot.username, 'still there?')
  await hear('base: still there?', 5_000)
})

test('row 5: an idle deaf version is unproven; the first update that it leaves brings the old one back', async () => {
  const conflicts = here.sandbox.conflicts(bot.id)
  await repo.commit('deaf', { ...fixtureBot({ says: 'deaf', deaf: true }), ...QUICK })
  const asked = here.say('/deploy my-bot deaf')
  const unproven = await here.reads(/unproven/, { after: asked, timeout: 120_000 })
  expect(unproven.text).toMatch(/v2 .* is running, but unproven/)
  expect(unproven.text).toMatch(/v1 is put back by itself/)

  here.sandbox.say(OWNER, bot.username, 'anybody?')
  await hear('base: anybody?', 40_000)
  const back = await here.reads(/Because: v2 runs but does not take its updates/, { after: asked })
  expect(back.message_id).not.toBe(unproven.message_id)
  await here.reads(/v1 .* is live/, { after: asked, timeout: 30_000 })
  expect(here.sandbox.conflicts(bot.id)).toBe(conflicts)
  const { containers = [] } = await objectsOf(here.instance)
  expect(containers).toEqual([`/${here.instance}-my-bot-v1 running`])
})
