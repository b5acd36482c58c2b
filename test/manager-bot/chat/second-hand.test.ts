import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const NOTICE = 'I don’t act on edited or forwarded messages; send it again'
const MALLORY = 666

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.addPerson({ id: MALLORY, name: 'Mallory' })
  await bench.start()
  await bench.register('echo-bot')
})

afterEach(() => bench.close())

const notices = () => bench.said().filter(({ text }) => text === NOTICE)

test('a forwarded command is not run, and that is said', async () => {
  const sent = bench.sandbox.say(OWNER, MANAGER, '/deploy echo-bot', { forwarded: MALLORY })
  expect((await bench.answers(sent))[0]?.text).toBe(NOTICE)
  expect(bench.queued).toEqual([])
})

test('an edited command is not run, and that is said, at most once a minute', async () => {
  const { message_id } = bench.says('/bots')
  await bench.sandbox.waitFor(() => bench.said().length === 1)
  bench.sandbox.edit(OWNER, MANAGER, message_id, '/deploy echo-bot')
  await bench.sandbox.waitFor(() => notices().length === 1)
  bench.sandbox.edit(OWNER, MANAGER, message_id, '/deploy echo-bot main')
  bench.sandbox.say(OWNER, MANAGER, '/deploy echo-bot', { forwarded: true })
  await bench.answer('/bots')
  expect(notices()).toHaveLength(1)
  expect(bench.queued).toEqual([])
})

test('what is no command is passed over, and strangers are met with silence', async () => {
  bench.sandbox.say(OWNER, MANAGER, 'look at this', { forwarded: MALLORY })
  bench.sandbox.say(MALLORY, MANAGER, '/deploy echo-bot', { forwarded: OWNER })
  const { message_id } = bench.sandbox.say(MALLORY, MANAGER, 'hello')
  bench.sandbox.edit(MALLORY, MANAGER, message_id, '/deploy echo-bot')
  bench.sandbox.say(MALLORY, MANAGER, 'hello')
  await bench.answer('/bots')
  expect(bench.said()).toHaveLength(1)
  expect(bench.sandbox.conversation(MANAGER, MALLORY).filter(({ from }) => from.is_bot)).toEqual([])
})
