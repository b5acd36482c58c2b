import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { journalSays, lastStep } from '../helpers/journal.ts'

// faults.md, row 7, at two points of a deploy.

const QUICK = { 'tbs.yaml': 'gate: { ready: 30s, stable: 2s }\n' }
const SLOW_BUILD = `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN sleep 8
CMD ["node", "bot.js"]
`

let here: Installation
let repo: GitRepo
let bot: SandboxBot

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', { ...fixtureBot({ says: 'base' }), ...QUICK })
  await repo.commit('next', { ...fixtureBot({ says: 'next' }), ...QUICK, Dockerfile: SLOW_BUILD })
  bot = await here.addBot('my-bot', repo)
  const asked = here.say('/deploy my-bot main')
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 90_000 }))
})

afterAll(() => here.close())

const answers = (text: string) =>
  here.sandbox.conversation(bot.username, OWNER).filter((message) => message.from.is_bot && message.text.endsWith(text))

test.each([
  ['build', 'started'],
  ['stop', 'done'],
  ['start', 'done'],
])('killed right after the journal says “%s %s”, it is true again within 15 s of the restart', async (name, state) => {
  const before = await objectsOf(here.instance)
  const asked = here.say('/deploy my-bot next')
  await journalSays(here.dataDir, { name, state }, await lastStep(here.dataDir))
  await here.kill()

  const restarted = Date.now()
  await here.start()
  const message = await here.reads(/Not deployed/, { after: asked, timeout: 15_000 })
  const word = `after ${name} ${state}`
  here.sandbox.say(OWNER, bot.username, word)
  await here.sandbox.waitFor(() => answers(word).length > 0, { timeout: 15_000 - (Date.now() - restarted) })

  expect(message.text).toMatch(/The manager was stopped/)
  expect(message.text).toMatch(/v1 (was put back and is running|runs on, untouched)/)
  expect(answers(word).map(({ text }) => text)).toEqual([`base: ${word}`])
  expect(await objectsOf(here.instance)).toEqual(before)
  expect(await readdir(join(here.dataDir, 'tmp')).catch(() => [])).toEqual([])
  const dangling = await docker.listImages({
    filters: { dangling: ['true'], label: [`tbs.instance=${here.instance}`] },
  })
  expect(dangling).toEqual([])
})

test('stopped gracefully in a gate, it has put the old version back before its process ends', async () => {
  await repo.commit('deaf', { ...fixtureBot({ says: 'deaf', deaf: true }) })
  const asked = here.say('/deploy my-bot deaf')
  await journalSays(here.dataDir, { name: 'gate', state: 'started' }, await lastStep(here.dataDir))
  await here.stop()
  const stopped = await objectsOf(here.instance)
  await here.start()

  expect(stopped.containers).toEqual([`/${here.instance}-my-bot-v1 running`])
  const message = await here.reads(/Not deployed/, { after: asked })
  expect(message.text).toMatch(/The manager was stopped meanwhile and has put things back.*v1 was put back/)
})
