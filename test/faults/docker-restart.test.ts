import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { freshChats } from '../helpers/fresh-chats.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, OWNER } from '../helpers/installation.ts'
import { databaseShows, journalSays, lastStep } from '../helpers/journal.ts'
import { installationOn, type OwnDocker, ownDocker } from '../helpers/own-docker.ts'

// faults.md, rows 8 and 19: the daemon, or the whole host, goes away and comes back.

const ALL_SAID = 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM inbox) AND NOT EXISTS (SELECT 1 FROM outbox)'
const QUICK = { 'tbs.yaml': 'gate: { ready: 30s, stable: 2s }\n' }
const SLOW_BUILD = `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN sleep 20
CMD ["node", "bot.js"]
`

let own: OwnDocker
let sandbox: Sandbox
let here: Installation
let repo: GitRepo
let bot: SandboxBot
let words = 0
let somebody: () => number

beforeAll(async () => {
  own = await ownDocker()
  ;({ sandbox, here } = await installationOn(own))
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', { ...fixtureBot({ says: 'base' }), ...QUICK })
  await repo.commit('slow-build', { ...fixtureBot({ says: 'slow' }), ...QUICK, Dockerfile: SLOW_BUILD })
  await repo.commit('deaf', { ...fixtureBot({ says: 'deaf', deaf: true }) })
  bot = await here.addBot('my-bot', repo)
  const asked = here.say('/deploy my-bot main')
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 150_000 }))
  somebody = await freshChats(here, 10)
})

afterAll(async () => {
  await here.close()
  await sandbox.close()
  await own.close()
})

/** The bot answers, the chat says that v1 is live, and Docker runs that one and nothing else. */
const expectBase = async () => {
  const word = `word ${++words}`
  sandbox.say(OWNER, bot.username, word)
  await sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some(({ text }) => text === `base: ${word}`), {
    timeout: 30_000,
    what: 'the old version answering',
  })
  const asked = here.say('/status my-bot')
  expect((await here.reads(/^my-bot —/, { after: asked })).text).toMatch(/live .*v1,/s)
  const filters = { label: [`tbs.instance=${here.instance}`] }
  const containers = await own.docker.listContainers({ all: true, filters })
  expect(containers.map(({ Names, State }) => `${Names[0]} ${State}`)).toEqual([`/${here.instance}-my-bot-v1 running`])
  const images = await own.docker.listImages({ filters })
  expect(images.flatMap(({ RepoTags }) => RepoTags)).toHaveLength(1)
}

const messagesOfManager = () => sandbox.conversation(here.manager.username, OWNER).filter(({ from }) => from.is_bot)

test('row 8: the daemon restarts under running bots: they run again, and nothing is said', async () => {
  const before = messagesOfManager().length
  await own.stop('SIGTERM')
  await own.start()
  expect(messagesOfManager()).toHaveLength(before)
  await expectBase()
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'row 8: %s to the daemon during a build: failed and said so',
  async (signal) => {
    const person = somebody()
    const asked = here.say('/deploy my-bot slow-build', person)
    await journalSays(here.dataDir, { name: 'build', state: 'started' }, await lastStep(here.dataDir))
    await own.stop(signal)
    await own.start()
    const message = await here.reads(/Not deployed/, { after: asked, person, timeout: 120_000 })
    expect(message.text).toMatch(/Docker/)
    expect(message.text).toMatch(/v1 runs on, untouched/)
    await expectBase()
  },
)

test('row 8: the daemon restarts in the gate: the old version comes back', async () => {
  const person = somebody()
  const asked = here.say('/deploy my-bot deaf', person)
  await journalSays(here.dataDir, { name: 'gate', state: 'started' }, await lastStep(here.dataDir))
  await own.stop('SIGTERM')
  await own.start()
  const message = await here.reads(/Not deployed/, { after: asked, person, timeout: 120_000 })
  expect(message.text).toMatch(/v1 was put back and is running/)
  await expectBase()
})

test('row 19: the host reboots: the bots are back, and no old message is repeated', async () => {
  // An answer whose sending is cut off is sent again, which is not what this is about.
  await databaseShows(here.dataDir, { query: ALL_SAID, what: 'nothing is left to be said' })
  await here.kill()
  await own.stop('SIGKILL')
  const before = messagesOfManager().length
  await own.start()
  await here.start()
  // The answer to the /help that shows that it listens.
  const texts = messagesOfManager().slice(before)
  expect(texts.filter(({ text }) => !text.includes('/deploy —')).map(({ text }) => text)).toEqual([])
  expect(texts).toHaveLength(1)
  await expectBase()
})

test('row 19: the host reboots in the middle of a deploy: it is settled and said once', async () => {
  const person = somebody()
  const asked = here.say('/deploy my-bot deaf', person)
  await journalSays(here.dataDir, { name: 'gate', state: 'started' }, await lastStep(here.dataDir))
  await here.kill()
  await own.stop('SIGKILL')
  await own.start()
  await here.start()
  const message = await here.reads(/Not deployed/, { after: asked, person, timeout: 15_000 })
  expect(message.text).toMatch(/the manager was stopped during “gate”.*v1 was put back and is running/s)
  await expectBase()
})
