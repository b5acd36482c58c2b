import { expect, test } from 'vitest'
import { callApi, openWorld } from './world.ts'

test('method names are case-insensitive, and GET takes a query string', async () => {
  const { sandbox, olga, bot } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'hello')
  const response = await fetch(`${sandbox.apiRoot}/bot${bot.token}/GETUPDATES?limit=1&timeout=0`)
  expect(await response.json()).toMatchObject({ ok: true, result: [{ message: { text: 'hello' } }] })
})

test.each([
  ['urlencoded', (chat: string) => new URLSearchParams({ chat_id: chat, text: 'a & b' })],
  ['multipart', (chat: string) => form({ chat_id: chat, text: 'a & b' })],
])('a %s body is understood', async (_, body) => {
  const { sandbox, olga, bot } = await openWorld()
  sandbox.privateChat(olga.id, 'echo_bot')
  const address = `${sandbox.apiRoot}/bot${bot.token}/sendMessage`
  const response = await fetch(address, { method: 'POST', body: body(String(olga.id)) })
  expect(await response.json()).toMatchObject({ ok: true, result: { text: 'a & b' } })
})

test('nested objects may come as JSON text or as JSON', async () => {
  const { sandbox, olga, call } = await openWorld()
  const chat_id = sandbox.privateChat(olga.id, 'echo_bot')
  const reply_markup = { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] }
  await call('sendMessage', { chat_id, text: 'one', reply_markup })
  await call('sendMessage', { chat_id, text: 'two', reply_markup: JSON.stringify(reply_markup) })
  const buttons = sandbox.conversation('echo_bot', olga.id).map((message) => message.buttons)
  expect(buttons).toEqual([reply_markup.inline_keyboard, reply_markup.inline_keyboard])
})

test('the method may be a parameter', async () => {
  const { bot, call } = await openWorld()
  expect(await call('', { method: 'getMe' })).toMatchObject({ ok: true, result: { id: bot.id, is_bot: true } })
})

test('an unknown method answers 404', async () => {
  const { call } = await openWorld()
  expect(await call('frobnicate')).toEqual({
    ok: false,
    error_code: 404,
    description: 'Not Found: method not found',
  })
})

test('another path answers 404', async () => {
  const { sandbox } = await openWorld()
  const response = await fetch(`${sandbox.apiRoot}/health`)
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ ok: false, error_code: 404, description: 'Not Found' })
})

test.each(['nonsense', '0123:abc', 'abc:def', `1:${'x'.repeat(80)}`])('the token %s is invalid', async (token) => {
  const { sandbox } = await openWorld()
  expect(await callApi(sandbox, { token, method: 'getMe' })).toMatchObject({
    error_code: 401,
    description: 'Unauthorized: invalid token specified',
  })
})

test('a revoked token answers 401 at once, the new one works', async () => {
  const { sandbox, bot, call } = await openWorld()
  const token = sandbox.revokeToken(bot.id)
  expect(await call('getMe')).toEqual({ ok: false, error_code: 401, description: 'Unauthorized' })
  expect(await callApi(sandbox, { token, method: 'getMe' })).toMatchObject({ ok: true })
})

test('a body that is no JSON object answers 400', async () => {
  const { sandbox, bot } = await openWorld()
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${sandbox.apiRoot}/bot${bot.token}/getMe`, { method: 'POST', headers, body: '[1]' })
  expect(await response.json()).toMatchObject({ description: 'Bad Request: JSON object expected' })
})

test('every call is in the log with its answer', async () => {
  const { sandbox, bot, call } = await openWorld()
  await call('sendMessage', { chat_id: 5, text: 'nobody there' })
  expect(sandbox.calls).toEqual([
    {
      bot: bot.id,
      method: 'sendMessage',
      params: { chat_id: '5', text: 'nobody there' },
      at: expect.any(Number),
      status: 400,
      errorDescription: 'Bad Request: chat not found',
    },
  ])
})

test('connections are kept alive like those of the public front', async () => {
  const { sandbox, bot } = await openWorld()
  const response = await fetch(`${sandbox.apiRoot}/bot${bot.token}/getMe`)
  expect(response.headers.get('keep-alive')).toBe('timeout=75')
})

test('closing ends idle connections and waiting polls at once', async () => {
  const { sandbox, call } = await openWorld()
  const poll = call('getUpdates', { timeout: 50 }).catch(() => 'cut off')
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  const begun = performance.now()
  await sandbox.close()
  expect(performance.now() - begun).toBeLessThan(500)
  expect(await poll).toBe('cut off')
})

const form = (fields: Record<string, string>) => {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  return data
}
