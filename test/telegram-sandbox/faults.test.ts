import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

test('a fault answers instead of the method until it is undone', async () => {
  const { sandbox, bot, call } = await openWorld()
  const undo = sandbox.fail({ status: 502, body: '<html>Bad Gateway</html>' })
  const response = await fetch(`${sandbox.apiRoot}/bot${bot.token}/getMe`)
  expect(response.status).toBe(502)
  expect(await response.text()).toBe('<html>Bad Gateway</html>')
  undo()
  expect(await call('getMe')).toMatchObject({ ok: true })
})

test('a fault of one method leaves the others alone', async () => {
  const { sandbox, call } = await openWorld()
  sandbox.fail({ method: 'sendMessage', status: 500 })
  expect(await call('getMe')).toMatchObject({ ok: true })
  expect(await call('sendMessage', { chat_id: 1, text: 'x' })).toMatchObject({ error_code: 500 })
})

test('a fault with times ends by itself', async () => {
  const { sandbox, call } = await openWorld()
  sandbox.fail({ status: 500, times: 2 })
  const answers = [await call('getMe'), await call('getMe'), await call('getMe')]
  expect(answers.map(({ ok }) => ok)).toEqual([false, false, true])
})

test('a 429 has its header', async () => {
  const { sandbox, bot } = await openWorld()
  const description = 'Too Many Requests: retry after 7'
  const body = JSON.stringify({ ok: false, error_code: 429, description, parameters: { retry_after: 7 } })
  sandbox.fail({ status: 429, body })
  const response = await fetch(`${sandbox.apiRoot}/bot${bot.token}/getMe`)
  expect(response.headers.get('retry-after')).toBe('7')
})

test('a hanging call is never answered', async () => {
  const { sandbox, call } = await openWorld()
  sandbox.fail({ hang: true })
  await expect(call('getMe', {}, AbortSignal.timeout(200))).rejects.toThrow('aborted due to timeout')
})

test('a reset cuts the connection', async () => {
  const { sandbox, call } = await openWorld()
  sandbox.fail({ reset: true })
  await expect(call('getMe')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
})

test('an outage hits the poll that waits', async () => {
  const { sandbox, call } = await openWorld()
  const poll = call('getUpdates', { timeout: 30 })
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  sandbox.fail({ status: 502 })
  expect(await poll).toMatchObject({ error_code: 502 })
})
