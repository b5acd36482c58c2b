import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { botApi } from '../../../deploy-engine/io/telegram.ts'
import type { TelegramPort } from '../../../deploy-engine/ports.ts'
import { Secret } from '../../../deploy-engine/secret.ts'

const TOKEN = new Secret('12345:abcdefghijklmnopqrstuvwxyz012345678')
const ME = { ok: true, result: { id: 12345, username: 'x_bot', first_name: 'X' } }
const signal = new AbortController().signal

let server: Server
let answer: RequestListener
let telegram: TelegramPort
let sockets: Socket[]

beforeEach(async () => {
  sockets = []
  answer = (_, response) => response.end(JSON.stringify(ME))
  server = createServer((request, response) => answer(request, response))
  server.on('connection', (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  telegram = botApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('one connection serves many questions', async () => {
  for (let n = 0; n < 3; n++) expect(await telegram.getMe(TOKEN, signal)).toMatchObject({ username: 'x_bot' })
  expect(sockets).toHaveLength(1)
})

test.each(['', '/', '/behind/a-proxy', '/behind/a-proxy/'])('a root that ends in “%s” stays as it is', async (path) => {
  const asked: (string | undefined)[] = []
  answer = ({ url }, response) => {
    asked.push(url)
    response.end(JSON.stringify(ME))
  }
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  await botApi(root).getMe(TOKEN, signal)
  expect(asked).toEqual([`${path.replace(/\/$/, '')}/bot${TOKEN.reveal()}/getMe`])
})

test('a connection that is closed when it is used again is no failure', async () => {
  await telegram.getMe(TOKEN, signal)
  const [kept] = sockets
  answer = (request, response) => {
    if (request.socket === kept) request.socket.resetAndDestroy()
    else response.end(JSON.stringify(ME))
  }
  expect(await telegram.getMe(TOKEN, signal)).toMatchObject({ id: 12345 })
  expect(sockets).toHaveLength(2)
})

test('one that is reset at its first use is one', async () => {
  answer = (request) => request.socket.resetAndDestroy()
  await expect(telegram.getMe(TOKEN, signal)).rejects.toMatchObject({ code: 'telegram_unreachable' })
  expect(sockets).toHaveLength(1)
})

test.each([
  [401, JSON.stringify({ ok: false, error_code: 401, description: 'Unauthorized' }), 'token_refused'],
  [404, JSON.stringify({ ok: false, error_code: 404, description: 'Not Found' }), 'token_refused'],
  [502, '<html>Bad Gateway</html>', 'telegram_unreachable'],
  [500, JSON.stringify({ ok: false, description: 'Internal Server Error' }), 'telegram_unreachable'],
  [200, '{"ok": true, "result": {}}', 'telegram_unreachable'],
])('%i with %s fails with %s, and does not name the token', async (status, body, code) => {
  answer = (_, response) => response.writeHead(status).end(body)
  const error = await telegram.getMe(TOKEN, signal).catch((error) => error)
  expect(error).toMatchObject({ code })
  expect(JSON.stringify([error.message, error.hint])).not.toContain('abcdefghij')
})

test('who no longer wants an answer gets the reason, before it and in the middle of it', async () => {
  for (const begin of [false, true]) {
    const asking = new AbortController()
    answer = (_, response) => {
      if (begin) response.write('{"ok":')
      setImmediate(() => asking.abort(new Error('not any more')))
    }
    await expect(telegram.getMe(TOKEN, asking.signal)).rejects.toThrow('not any more')
  }
})
