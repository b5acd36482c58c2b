import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Chat } from '../../../manager-bot/chat/open-chat.ts'
import type { Outgoing } from '../../../manager-bot/chat/outbox.ts'
import { OutboxSchema } from '../../../manager-bot/chat/records/outbox.ts'
import { line } from '../../../manager-bot/text/rich-text.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench
let chat: Chat

beforeEach(async () => {
  bench = await chatBench()
  chat = await bench.start()
  await bench.answer('/bots')
})

afterEach(() => bench.close())

const HERE = { chatId: OWNER, threadId: null, replyTo: null }

const post = async (...messages: (Partial<Outgoing> & { says: string })[]) => {
  await bench.engine.database.transaction(async (entities) => {
    for (const { says, ...message } of messages) {
      await chat.outbox.post(entities, {
        place: HERE,
        text: [line(says)],
        priority: 'result',
        silent: true,
        ...message,
      })
    }
  })
  for (const { place = HERE } of messages) chat.outbox.wake(place.chatId)
}

const texts = () => bench.said().map(({ text }) => text)
const waiting = () => bench.engine.database.read.find(OutboxSchema)
const delivered = (...wanted: string[]) =>
  bench.sandbox.waitFor(() => wanted.every((text) => texts().includes(text)), { timeout: 15_000 })

test('the most important goes first, and of these the oldest', async () => {
  const back = bench.sandbox.fail({ method: 'sendMessage', status: 502, body: '<html></html>' })
  await post({ says: 'first' })
  await sleep(100)
  await post({ says: 'second' }, { says: 'alert', priority: 'alert', silent: false }, { says: 'third' })
  back()
  await delivered('first', 'second', 'third', 'alert')
  expect(texts().slice(-4)).toEqual(['alert', 'first', 'second', 'third'])
  await eventually(async () => expect(await waiting()).toEqual([]))
})

describe.each([
  ['502 with HTML', { status: 502, body: '<html><h1>Bad Gateway</h1></html>' }],
  ['connections reset', { reset: true }],
  ['401', { status: 401, body: JSON.stringify({ ok: false, error_code: 401, description: 'Unauthorized' }) }],
])('%s', (_, fault) => {
  test('loses nothing and keeps the order, also over a restart', async () => {
    const back = bench.sandbox.fail({ method: 'sendMessage', ...fault })
    await post({ says: 'one' }, { says: 'two' }, { says: 'three' })
    await sleep(200)
    chat = await bench.restart()
    back()
    await delivered('one', 'two', 'three')
    expect(texts().slice(-3)).toEqual(['one', 'two', 'three'])
  })
})

test('a penalty in one chat is waited for, and holds up no other', async () => {
  bench.sandbox.addPerson({ id: 43, name: 'Pia' })
  bench.sandbox.privateChat(43, MANAGER)
  const penalty = { ok: false, error_code: 429, description: 'Too Many Requests: retry after 3' }
  const body = JSON.stringify({ ...penalty, parameters: { retry_after: 3 } })
  bench.sandbox.fail({ method: 'sendMessage', status: 429, body, times: 1 })
  const began = Date.now()
  await post({ says: 'late' })
  await eventually(() => expect(bench.sandbox.calls.some(({ method }) => method === 'sendMessage')).toBe(true))
  await sleep(100)
  await post({ says: 'for Pia', place: { ...HERE, chatId: 43 } })
  await bench.sandbox.waitFor(() => bench.sandbox.conversation(MANAGER, 43).some(({ text }) => text === 'for Pia'))
  expect(Date.now() - began).toBeLessThan(2_000)
  await delivered('late')
  expect(Date.now() - began).toBeGreaterThanOrEqual(2_900)
})

test('what Telegram will never take is dropped and logged, and what comes after it is said', async () => {
  const body = JSON.stringify({ ok: false, error_code: 400, description: "Bad Request: can't parse entities" })
  bench.sandbox.fail({ method: 'sendMessage', status: 400, body, times: 1 })
  await post({ says: 'bad' }, { says: 'good' })
  await delivered('good')
  expect(texts()).not.toContain('bad')
  expect(bench.entries.map(({ message }) => message)).toContain('a message could not be delivered')
  await eventually(async () => expect(await waiting()).toEqual([]))
})

test('a group that became a supergroup is followed', async () => {
  const group = bench.sandbox.addGroup({ title: 'Bots', members: [OWNER, bench.manager.id] })
  const moved = { ok: false, error_code: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat' }
  const body = JSON.stringify({ ...moved, parameters: { migrate_to_chat_id: group.id } })
  bench.sandbox.fail({ method: 'sendMessage', status: 400, body, times: 1 })
  await post({ says: 'hello', place: { chatId: -77, threadId: 5, replyTo: null } })
  await bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).some(({ text }) => text === 'hello'))
})

test('a topic that is gone: it is said in the chat itself', async () => {
  const group = bench.sandbox.addGroup({ title: 'Bots', members: [OWNER, bench.manager.id] })
  const body = JSON.stringify({ ok: false, error_code: 400, description: 'Bad Request: message thread not found' })
  bench.sandbox.fail({ method: 'sendMessage', status: 400, body, times: 1 })
  await post({ says: 'hello', place: { chatId: group.id, threadId: 99, replyTo: null } })
  const heard = await bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).find(({ text }) => text === 'hello'))
  const last = bench.sandbox.calls.findLast(({ method }) => method === 'sendMessage')
  expect(heard.text).toBe('hello')
  expect(last?.params).not.toHaveProperty('message_thread_id')
})

test('of two with one key only one is said', async () => {
  const back = bench.sandbox.fail({ method: 'sendMessage', status: 502, body: '' })
  await post({ says: 'one', key: 'k' })
  await post({ says: 'again', key: 'k' }, { says: 'end' })
  back()
  await delivered('one', 'end')
  expect(texts()).not.toContain('again')
})

test('an edit whose message is gone is said anew', async () => {
  const { message_id } = (await bench.answers(bench.says('/bots')))[0] ?? { message_id: 0 }
  await post({ says: 'edited', edit: message_id })
  await delivered('edited')
  await fetch(
    `${bench.sandbox.apiRoot}/bot${bench.manager.token}/deleteMessage?chat_id=${OWNER}&message_id=${message_id}`,
  )
  await post({ says: 'anew', edit: message_id })
  await delivered('anew')
})

test('tokens are taken out of whatever is said, documents included', async () => {
  const token = '123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123456'
  await post({ says: `it is ${token}` }, { says: 'file', document: { name: 'a.log', content: `in ${token} a file` } })
  await delivered('it is [token]', 'file')
  expect(bench.sandbox.transcript()).not.toContain(token)
  expect(JSON.stringify(bench.sandbox.calls)).not.toContain(token)
})
