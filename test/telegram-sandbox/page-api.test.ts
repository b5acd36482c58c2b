import { request } from 'node:http'
import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

const openPage = async () => {
  const world = await openWorld({ page: { port: 0 } })
  const pageUrl = world.sandbox.pageUrl ?? ''
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(new URL(path, pageUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  return { ...world, pageUrl, post }
}

test.each(['/', '/main.js', '/colours.css', '/icon.svg'])(
  '%s is served, and may load nothing foreign',
  async (path) => {
    const { pageUrl } = await openPage()
    const response = await fetch(new URL(path, pageUrl))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  },
)

test.each(['/serve-page.ts', '/../index.ts', '/%2e%2e/index.ts', '/state.json'])('%s is not served', async (path) => {
  const { pageUrl } = await openPage()
  expect((await fetch(`${pageUrl.slice(0, -1)}${path}`)).status).toBe(404)
})

test('POST /say writes as the person', async () => {
  const { sandbox, olga, post } = await openPage()
  const response = await post('/say', { person: olga.id, chat: 'echo_bot', text: 'from the page' })
  expect(await response.json()).toEqual({ message_id: 1 })
  expect(sandbox.conversation('echo_bot', olga.id)).toMatchObject([{ text: 'from the page' }])
})

test('POST /press answers what the bot answered', async () => {
  const { sandbox, olga, post, send, call, getUpdates } = await openPage()
  const chat = sandbox.privateChat(olga.id, 'echo_bot')
  const reply_markup = { inline_keyboard: [[{ text: 'Go', callback_data: 'go' }]] }
  const message_id = await send(chat, 'Go?', { reply_markup })
  const pressed = post('/press', { person: olga.id, chat: 'echo_bot', message_id, button: 'Go' })
  const [update] = await getUpdates({ timeout: 5 })
  await call('answerCallbackQuery', { callback_query_id: update?.callback_query?.id, text: 'Gone' })
  expect(await (await pressed).json()).toEqual({ answered: true, text: 'Gone', show_alert: false })
})

test('GET /events tells everything first and then each change', async () => {
  const { sandbox, olga, pageUrl, send } = await openPage()
  sandbox.say(olga.id, 'echo_bot', 'before')
  const events = await eventsOf(pageUrl)
  expect(await events.next()).toMatchObject({
    type: 'snapshot',
    data: { people: [{ id: olga.id }], chats: [{ chat: 'echo_bot', person: olga.id, messages: [{ text: 'before' }] }] },
  })
  await send(olga.id, 'after')
  expect(await events.next()).toMatchObject({ type: 'message', data: { chat: 'echo_bot', message: { text: 'after' } } })
  events.close()
})

test('GET /document downloads a file under its name', async () => {
  const { sandbox, olga, bot, pageUrl } = await openPage()
  const body = new FormData()
  body.set('chat_id', String(sandbox.privateChat(olga.id, 'echo_bot')))
  body.set('document', new File(['<script>'], 'a b.html', { type: 'text/html' }))
  await fetch(`${sandbox.apiRoot}/bot${bot.token}/sendDocument`, { method: 'POST', body })
  const id = sandbox.conversation('echo_bot', olga.id)[0]?.document?.file_id
  const response = await fetch(new URL(`/document/${id}`, pageUrl))
  expect(await response.text()).toBe('<script>')
  expect(response.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''a%20b.html")
  expect(response.headers.get('content-type')).toBe('application/octet-stream')
})

test.each([
  [{ person: 1001, chat: 'echo_bot' }, /text/],
  [{ person: 5, chat: 'echo_bot', text: 'x' }, /No person with id 5/],
  [{ person: 1001, chat: 'echo_bot', text: ' ' }, /not empty/],
])('POST /say refuses %j and says why', async (body, why) => {
  const { post } = await openPage()
  const response = await post('/say', body)
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: expect.stringMatching(why) })
})

test('a foreign host name is refused, even if it leads here', async () => {
  const { pageUrl } = await openPage()
  expect(await statusWithHost(pageUrl, 'evil.example')).toBe(403)
  expect(await statusWithHost(pageUrl, 'localhost')).toBe(200)
})

test('another site can not post', async () => {
  const { sandbox, olga, post } = await openPage()
  const body = { person: olga.id, chat: 'echo_bot', text: 'forged' }
  expect((await post('/say', body, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await post('/say', body, { origin: 'null' })).status).toBe(403)
  expect((await post('/say', body, { 'content-type': 'text/plain' })).status).toBe(415)
  expect(sandbox.conversation('echo_bot', olga.id)).toEqual([])
})

test('the page has its own port, apart from the Bot API', async () => {
  const { sandbox } = await openPage()
  expect((await fetch(`${sandbox.apiRoot}/events`)).status).toBe(404)
})

const statusWithHost = (url: string, host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

const eventsOf = async (pageUrl: string) => {
  const client = new AbortController()
  const response = await fetch(new URL('/events', pageUrl), { signal: client.signal })
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<{ type: string; data: unknown }> => {
    const [, type, data] = /^event: (\w+)\ndata: (.*)\n\n/.exec(text) ?? []
    if (type === undefined || data === undefined) {
      text += (await reader.read()).value ?? ''
      return next()
    }
    text = text.slice(text.indexOf('\n\n') + 2)
    return { type, data: JSON.parse(data) }
  }
  return { next, close: () => client.abort() }
}
