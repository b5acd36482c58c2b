import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openWorld } from './world.ts'

const url = 'https://example.org/hook'

test('getUpdates answers 409 while a webhook is set', async () => {
  const { sandbox, bot, call } = await openWorld()
  expect(await call('setWebhook', { url })).toEqual({ ok: true, result: true, description: 'Webhook was set' })
  expect(await call('getUpdates')).toEqual({
    ok: false,
    error_code: 409,
    description:
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  })
  expect(sandbox.conflicts(bot.id)).toBe(1)
})

test('setWebhook ends a waiting poll', async () => {
  const { sandbox, call } = await openWorld()
  const poll = call('getUpdates', { timeout: 30 })
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  await call('setWebhook', { url })
  expect(await poll).toMatchObject({ error_code: 409, description: 'Conflict: terminated by setWebhook request' })
})

test('deleteWebhook keeps what waits', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  await call('setWebhook', { url })
  sandbox.say(olga.id, 'echo_bot', 'hello')
  expect(await call('deleteWebhook')).toMatchObject({ result: true, description: 'Webhook was deleted' })
  expect(await call('deleteWebhook')).toMatchObject({ description: 'Webhook is already deleted' })
  expect(sandbox.pending(bot.id)).toBe(1)
})

test('deleteWebhook with drop_pending_updates empties the queue', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'hello')
  await call('deleteWebhook', { drop_pending_updates: true })
  expect(sandbox.pending(bot.id)).toBe(0)
})

test('getWebhookInfo shows the address', async () => {
  const { call } = await openWorld()
  await call('setWebhook', { url })
  expect((await call('getWebhookInfo')).result).toMatchObject({ url, pending_update_count: 0 })
  expect(await call('setWebhook', { url: 'http://example.org' })).toMatchObject({ error_code: 400 })
})

test('updates are delivered in order, a failed one again, and the failure is told', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  const received: { text: unknown; secret: unknown }[] = []
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { message } = body as { message: { text: string } }
      received.push({ text: message.text, secret: request.headers['x-telegram-bot-api-secret-token'] })
      response.writeHead(received.length === 1 ? 500 : 200).end()
    })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await call('setWebhook', { url: `http://127.0.0.1:${port}/hook`, secret_token: 's3cret' })
  sandbox.say(olga.id, 'echo_bot', 'one')
  sandbox.say(olga.id, 'echo_bot', 'two')
  await sandbox.waitFor(() => sandbox.pending(bot.id) === 0)
  expect(received.map(({ text }) => text)).toEqual(['one', 'one', 'two'])
  expect(received[0]?.secret).toBe('s3cret')
  expect((await call('getWebhookInfo')).result).toMatchObject({
    last_error_message: 'Wrong response from the webhook: 500 Internal Server Error',
  })
})
