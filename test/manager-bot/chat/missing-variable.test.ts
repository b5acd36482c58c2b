import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Outcome } from '../../../deploy-engine/index.ts'
import { AwaitedSchema } from '../../../manager-bot/chat/records/awaited.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'

// What a failed deploy offers: to set what the bot died for, and to try again.

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
})

afterEach(() => bench.close())

const failed = async (outcome: Outcome) => {
  bench.says('/deploy echo-bot')
  await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.startsWith('Deploying echo-bot')))
  await moveOn(bench, 1, { state: 'failed', endedAt: Date.now(), outcome })
  const isShown = () => bench.said().find(({ text }) => text.includes('failed') && text.includes('Not deployed'))
  return bench.sandbox.waitFor(isShown, { what: 'the failure' })
}

const error = { code: 'exited' as const, message: 'The new version exited with code 1' }

test('a button for each missing variable asks for its value, stores it, and offers to deploy again', async () => {
  const message = await failed({ error, missing: { names: ['WEATHER_KEY', 'CITY'], line: 'x' }, running: null })
  expect(message.text).toContain('It needs the variables WEATHER_KEY, CITY')
  expect(message.buttons.map((row) => row.map(({ text }) => text))).toEqual([
    ['Set WEATHER_KEY'],
    ['Set CITY'],
    ['Try again'],
  ])
  await bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Set WEATHER_KEY')
  const asks = () => bench.said().find(({ text }) => text.startsWith('Now send the value of WEATHER_KEY for echo-bot'))
  await bench.sandbox.waitFor(asks)
  await bench.restart()
  const value = 'a value that\nnobody else may read'
  const sent = bench.says(value)
  const [reply] = await bench.answers(sent)
  expect(reply?.text).toBe('echo-bot: WEATHER_KEY is set. The next start uses it.')
  expect(bench.chat().find(({ message_id }) => message_id === sent.message_id)?.deleted).toBe(true)
  const stored = await bench.engine.database.read.find<{ key: string; sealed: Buffer }>('secret')
  const sealed = stored.find(({ key }) => key === 'WEATHER_KEY')?.sealed ?? Buffer.alloc(0)
  expect(bench.engine.vault.open(1, 'WEATHER_KEY', sealed).reveal()).toBe(value)
  expect(JSON.stringify([bench.entries, bench.said()])).not.toContain('nobody else may read')
  await bench.sandbox.press(OWNER, MANAGER, reply?.message_id ?? 0, 'Deploy again')
  await bench.sandbox.waitFor(() => bench.queued.length === 2)
})

test('a value in the command itself is taken out of the chat and not used', async () => {
  const sent = bench.says('/secret echo-bot CITY a-value-of-no-shape')
  expect((await bench.answers(sent))[0]?.text).toContain('I took that message out of the chat and did not use it')
  expect(bench.chat().find(({ message_id }) => message_id === sent.message_id)?.deleted).toBe(true)
})

test('in a group the value is not asked for', async () => {
  const group = await bench.group()
  bench.sandbox.say(OWNER, group.id, '/secret echo-bot CITY')
  const reply = await bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).find(({ from }) => from.is_bot))
  expect(reply.text).toContain('/secret needs a value, which nobody else may read')
  expect(await bench.engine.database.read.count(AwaitedSchema)).toBe(0)
})

test('a bot that is polled elsewhere is named', async () => {
  const conflict =
    '409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'
  const message = await failed({ error, logLines: [`TelegramError: ${conflict}`], running: null })
  expect(message.text).toContain('Another program takes the updates of @echo_bot_bot. Stop it where it runs')
})
