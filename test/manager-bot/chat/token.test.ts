import { afterEach, beforeEach, expect, test } from 'vitest'
import { AwaitedSchema } from '../../../manager-bot/chat/records/awaited.ts'
import { type ChatBench, chatBench, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
})

afterEach(() => bench.close())

const ADD = '/addbot echo-bot file:///repo main'

test('/addbot asks for the token, takes it out of the chat and registers the bot', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  expect(await bench.answer(ADD)).toContain('Now send the token of echo-bot')
  const sent = bench.says(token)
  const [reply] = await bench.answers(sent)
  expect(reply?.text).toBe(
    'echo-bot is registered as @echo_bot.\n' +
      'If it already runs somewhere else, stop it there first: Telegram lets only one process read its updates.\n' +
      'Then: /deploy echo-bot',
  )
  expect(bench.chat().find(({ message_id }) => message_id === sent.message_id)?.deleted).toBe(true)
  expect(bench.said().some(({ text }) => text.includes(token))).toBe(false)
  expect(JSON.stringify(bench.entries)).not.toContain(token)
  expect(await bench.answer('/bots')).toBe('⚪ echo-bot — not deployed')
  expect(await bench.answer(ADD)).toContain('There is a bot named echo-bot already')
})

test('a whole message of BotFather will do; after a wrong token the waiting goes on, also over a restart', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  await bench.answer(ADD)
  expect(await bench.answer('what?')).toContain('That is not a bot token.')
  const unknown = '123456789:AAunknown_unknown_unknown_unknown_x'
  const [refused] = await bench.answers(bench.says(unknown))
  expect(refused?.text).toContain('I go on waiting for the token; /cancel ends it.')
  expect(refused?.text).not.toContain(unknown)
  await bench.restart()
  expect(await bench.answer(`Use this token to access the HTTP API:\n${token}\nKeep it safe.`)).toContain('registered')
})

test('a token in use is refused, with the bot that has it', async () => {
  const username = await bench.register('echo-bot')
  const { token } = bench.sandbox.addBot({ username, name: 'echo-bot' })
  await bench.answer('/addbot other file:///repo')
  expect(await bench.answer(token)).toContain('registered as echo-bot already')
})

test('/cancel ends the waiting; what is pasted afterwards is taken out of the chat and not used', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  await bench.answer(ADD)
  expect(await bench.answer('/cancel')).toBe('Cancelled. I no longer wait for a token.')
  expect(await bench.answer('/cancel')).toContain('Nothing to cancel here.')
  const sent = bench.says(`/addbot echo-bot file:///repo ${token}`)
  const [reply] = await bench.answers(sent)
  expect(reply?.text).toContain('held a bot token')
  expect(bench.chat().find(({ message_id }) => message_id === sent.message_id)?.deleted).toBe(true)
  expect(await bench.answer('/bots')).toContain('no bots yet')
})

test('waiting ends after ten minutes', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  await bench.answer(ADD)
  await bench.engine.database.transaction((entities) =>
    entities.update(AwaitedSchema, { chatId: OWNER }, { expiresAt: Date.now() - 1 }),
  )
  expect(await bench.answer(token)).toContain('held a bot token, so I took it out of the chat')
})

test('a message that can not be deleted is pointed out', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  await bench.answer(ADD)
  bench.sandbox.fail({ method: 'deleteMessage', status: 400, times: 1 })
  expect(await bench.answer(token)).toContain('I could not delete your message: please delete it yourself.')
})

test('in a group the token is not asked for', async () => {
  const group = await bench.group()
  bench.sandbox.say(OWNER, group.id, ADD)
  const reply = await bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).find(({ from }) => from.is_bot))
  expect(reply.text).toBe(
    '/addbot needs a token, which nobody else may read\nSend me the same command in our private chat',
  )
})
