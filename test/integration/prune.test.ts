import { afterAll, beforeAll, expect, test } from 'vitest'
import { objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'

let here: Installation

beforeAll(async () => {
  here = await installation()
  await here.start()
  const repo = await here.repo('bot')
  await repo.commit('main', fixtureBot({ says: 'zero' }))
  const bot = await here.addBot('my-bot', repo)
  for (const says of ['one', 'two', 'three', 'four']) {
    await repo.commit('main', { ...fixtureBot({ says }), 'tbs.yaml': 'gate: { ready: 30s, stable: 1s }\n' })
    const asked = here.say('/deploy my-bot main')
    await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 150_000 }))
  }
})

afterAll(() => here.close())

test('/prune shows what it would free and frees it at the press of a button, once', async () => {
  const before = await objectsOf(here.instance)
  expect(before.images).toHaveLength(4)
  const asked = here.say('/prune my-bot')
  const shown = await here.reads(/would be removed/, { after: asked })
  expect(shown.text).toMatch(/my-bot: the images of v2, v1, at least \d+ MB/)
  expect(await objectsOf(here.instance)).toEqual(before)

  const button = shown.buttons.flat()[0]?.text ?? ''
  expect(button).toMatch(/^Free \d+ MB of my-bot$/)
  const answer = await here.sandbox.press(OWNER, here.manager.username, shown.message_id, button)
  expect(answer.answered).toBe(true)
  const question = await here.reads(/Confirm within 60 s/, { after: asked })
  expect(question.message_id).toBe(shown.message_id)
  expect(await objectsOf(here.instance)).toEqual(before)
  await here.sandbox.press(OWNER, here.manager.username, question.message_id, button)
  const freed = await here.reads(/are free again/, { after: asked })
  expect(freed.text).toMatch(/Removed: the images of v2, v1/)

  const { images = [], containers } = await objectsOf(here.instance)
  expect(images.map((tag) => tag.replace(/-[0-9a-f]{7}$/, ''))).toEqual(
    [3, 4].map((n) => `${here.instance}/my-bot:${n}`),
  )
  expect(containers).toEqual(before.containers)
  const again = here.say('/prune')
  expect((await here.reads(/nothing to free/, { after: again })).text).toContain('every image is needed')
})

test('a removed release can’t be gone back to, and how to build it again is said', async () => {
  const asked = here.say('/rollback my-bot v1')
  const message = await here.reads(/was removed to free disk/, { after: asked })
  expect(message.text).toMatch(/Build it again: \/deploy my-bot [0-9a-f]{7}/)
})
