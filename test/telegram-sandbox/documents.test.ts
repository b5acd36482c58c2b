import { expect, test } from 'vitest'
import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'
import { type Answer, botCalls, openWorld } from './world.ts'

type Sent = { message_id: number; document: { file_id: string; file_size: number } }

const openChat = async () => {
  const world = await openWorld()
  const chat_id = world.sandbox.privateChat(world.olga.id, 'echo_bot')
  return { ...world, chat_id, upload: uploader(world.sandbox, world.bot, chat_id) }
}

test('an upload arrives with its name, bytes and caption', async () => {
  const { sandbox, olga, upload } = await openChat()
  await upload({ document: new File(['line\n'], 'build.log'), caption: '<b>Log</b>', parse_mode: 'HTML' })
  const [message] = sandbox.conversation('echo_bot', olga.id)
  expect(message).toMatchObject({ text: 'Log', entities: [{ type: 'bold' }], document: { file_name: 'build.log' } })
  expect(message?.document?.content.toString()).toBe('line\n')
})

test('an upload may stand under another name, by attach://', async () => {
  const { sandbox, olga, upload } = await openChat()
  await upload({ document: 'attach://part', part: new File(['x'], 'a.txt') })
  expect(sandbox.conversation('echo_bot', olga.id)[0]?.document?.file_name).toBe('a.txt')
})

test('a reply to a message goes with an upload', async () => {
  const { sandbox, olga, upload } = await openChat()
  const { message_id } = sandbox.say(olga.id, 'echo_bot', '/logs')
  const document = new File(['x'], 'a.txt')
  await upload({ document, reply_parameters: JSON.stringify({ message_id }), disable_notification: 'true' })
  expect(sandbox.conversation('echo_bot', olga.id)[1]).toMatchObject({ reply_to: message_id, silent: true })
})

test('a file is found by getFile and downloaded', async () => {
  const { sandbox, bot, upload, call } = await openChat()
  const sent = await upload({ document: new File(['some bytes'], 'odd name.txt') })
  const { file_id, file_size } = sent.result.document
  expect(file_size).toBe(10)
  const { result } = await call<{ file_path: string }>('getFile', { file_id })
  const response = await fetch(`${sandbox.apiRoot}/file/bot${bot.token}/${result.file_path}`)
  expect(await response.text()).toBe('some bytes')
})

test('a file id serves to send again, to its own bot only', async () => {
  const { sandbox, olga, upload, call, chat_id } = await openChat()
  const sent = await upload({ document: new File(['x'], 'a.txt') })
  const document = sent.result.document.file_id
  expect(await call('sendDocument', { chat_id, document })).toMatchObject({ ok: true })
  const other = botCalls(sandbox, sandbox.addBot({ username: 'other_bot' }))
  sandbox.privateChat(olga.id, 'other_bot')
  expect(await other.call('getFile', { file_id: document })).toMatchObject({
    description: 'Bad Request: wrong file_id or the file is temporarily unavailable',
  })
})

test.each([
  [{}, 'Bad Request: there is no document in the request'],
  [{ document: new File([], 'empty.txt') }, 'Bad Request: file must be non-empty'],
  [{ document: new File(['x'], 'a'), caption: 'x'.repeat(1025) }, 'Bad Request: message caption is too long'],
])('a wrong upload is refused', async (fields, description) => {
  const { upload } = await openChat()
  expect(await upload(fields)).toMatchObject({ ok: false, error_code: 400, description })
})

test('a document has no text to edit', async () => {
  const { upload, call, chat_id } = await openChat()
  const sent = await upload({ document: new File(['x'], 'a.txt') })
  const { message_id } = sent.result
  expect(await call('editMessageText', { chat_id, message_id, text: 'x' })).toMatchObject({
    description: 'Bad Request: there is no text in the message to edit',
  })
})

const uploader = (sandbox: Sandbox, bot: SandboxBot, chat: number) => async (fields: Record<string, string | File>) => {
  const body = new FormData()
  body.set('chat_id', String(chat))
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  const response = await fetch(`${sandbox.apiRoot}/bot${bot.token}/sendDocument`, { method: 'POST', body })
  return (await response.json()) as Answer<Sent>
}
