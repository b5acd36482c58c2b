import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'

let here: Installation

beforeAll(async () => {
  here = await installation()
  await here.start()
}, 60_000)

afterAll(() => here.close(), 60_000)

test('/deploy in a chat ends in one message that says live, and the bot answers', async () => {
  const repo = await here.repo('fixture')
  await repo.commit('main', fixtureBot({ says: 'one' }))
  const bot = await here.addBot('my-bot', repo)

  const asked = here.say('/deploy my-bot main')
  await here.reads(/See it work/, { after: asked, timeout: 120_000 })
  const message = await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 120_000 }))

  expect(message.text).toMatch(/v1 .* is live/)
  const own = here.sandbox.conversation(here.manager.username, OWNER).filter((m) => m.message_id > asked.message_id)
  expect(own).toHaveLength(1)
  const answers = here.sandbox.conversation(bot.username, OWNER).map(({ text }) => text)
  expect(answers).toContain('one: hello')
})
