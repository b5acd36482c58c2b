import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { secondPoller } from '../helpers/second-poller.ts'

// faults.md, row 18, for the manager's own token; and what it does when that is refused.

let here: Installation

beforeAll(async () => {
  here = await installation()
  await here.start()
})

afterAll(() => here.close())

test('another poller: said once with what to do; nothing lost that Telegram gave, and all well after it', async () => {
  const other = secondPoller(here.sandbox, here.manager)
  const commands = Array.from({ length: 24 }, (_, number) => `/status gone-${number}`)
  const [first] = commands.map((text, index) => (index === 0 ? here.say(text) : undefined))
  for (const text of commands.slice(1)) {
    await sleep(500)
    here.say(text)
  }
  const told = await here.reads(/Another program uses my token/, { timeout: 120_000 })
  expect(told).toMatchObject({ silent: false })
  expect(told.text).toContain('Stop it there, or give me a new token of @BotFather in TBS_TOKEN')
  expect(said(/other program has stopped/)).toEqual([])
  await other.stop()

  const begun = Date.now()
  await here.reads(/named gone-after/, { after: here.say('/status gone-after'), timeout: 120_000 })
  const ours = commands.filter((text) => !other.taken.has(text))
  console.log(`${other.taken.size} taken by the other; ${here.sandbox.conflicts(here.manager.id)} conflicts`)
  console.log(`answered ${Date.now() - begun} ms after the other one's end`)
  for (const text of ours) expect(answersTo(text), text).toHaveLength(1)
  for (const text of commands) expect(answersTo(text).length, text).toBeLessThanOrEqual(1)
  expect(said(/Another program uses my token/)).toHaveLength(1)
  expect(first).toBeDefined()
})

test('a token that is refused: that is in the log, and what was asked is answered once it is valid again', async () => {
  const asked = here.say('/status gone-before')
  await here.reads(/named gone-before/, { after: asked })
  here.sandbox.revokeToken(here.manager.id)
  const during = here.say('/status gone-during')
  await logs(/refuses the manager's token/)
  validAgain()
  await here.reads(/named gone-during/, { after: during })
  await here.reads(/named gone-later/, { after: here.say('/status gone-later') })
})

test('refused at the start: the same', async () => {
  await here.stop()
  here.sandbox.revokeToken(here.manager.id)
  const before = here.output().length
  const started = here.start()
  await logs(/refuses the manager's token/, before)
  validAgain()
  await started
})

const said = (pattern: RegExp) =>
  here.sandbox.conversation(here.manager.username, OWNER).filter(({ from, text }) => from.is_bot && pattern.test(text))

const answersTo = (command: string) => said(new RegExp(`named ${command.split(' ')[1]}\\b`))

const logs = async (pattern: RegExp, from = 0): Promise<void> => {
  for (const end = Date.now() + 30_000; !pattern.test(here.output().slice(from)); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not in the log: ${pattern}\n${here.output().slice(-2000)}`)
  }
}

const validAgain = () => here.sandbox.addBot({ username: here.manager.username, token: here.manager.token })
