import { afterEach, beforeEach, expect, test } from 'vitest'
import { isTooOld, openNotRun } from '../../../manager-bot/chat/not-run.ts'
import { NoteSchema } from '../../../manager-bot/chat/records/note.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
})

afterEach(() => bench.close())

let next = 9000

/** As Telegram serves it after an outage. */
const waiting = (text: string, { minutes, person = OWNER }: { minutes: number; person?: number }) => {
  next += 1
  bench.sandbox.deliver(MANAGER, 'message', {
    message_id: next,
    date: Math.floor(Date.now() / 1000) - minutes * 60,
    chat: { id: person, type: 'private', first_name: 'X' },
    from: { id: person, is_bot: false, first_name: 'X' },
    text,
  })
}

test('a message is too old after five minutes', () => {
  expect(isTooOld({ date: 1000 }, 1000_000 + 300_000)).toBe(false)
  expect(isTooOld({ date: 1000 }, 1000_000 + 300_001)).toBe(true)
})

test('old commands are not run; one answer names them all', async () => {
  bench.sandbox.privateChat(OWNER, MANAGER)
  await bench.register('echo-bot')
  waiting('/deploy echo-bot', { minutes: 6 })
  waiting('/deploy echo-bot v2', { minutes: 6 })
  waiting('hello', { minutes: 6 })
  waiting('/deploy echo-bot', { minutes: 6, person: 666 })
  waiting('/bots', { minutes: 4 })
  await bench.start()
  const answer = await bench.sandbox.waitFor(() => bench.said().find(({ text }) => text.startsWith('Not run')))
  expect(answer.text).toBe(
    'Not run, since I was away: /deploy echo-bot, /deploy echo-bot v2. Send again what is still wanted.',
  )
  expect(bench.queued).toEqual([])
  expect(bench.said().map(({ text }) => text)).toContainEqual(expect.stringContaining('echo-bot — not deployed'))
  expect(await bench.answer('/deploy echo-bot')).toContain('Deploying echo-bot')
})

test('what was not run is told of after a kill that came before', async () => {
  bench.sandbox.privateChat(OWNER, MANAGER)
  const silent = openNotRun(bench.engine, {
    outbox: { post: async () => {}, wake: () => {}, resume: async () => {} },
    signal: AbortSignal.abort(),
  })
  const said = {
    messageId: 1,
    personId: OWNER,
    personName: 'X',
    isPrivate: true,
    place: { chatId: OWNER, threadId: null, replyTo: null },
  }
  await silent.add({ ...said, text: '/deploy a' })
  await silent.add({ ...said, text: `/gittoken b 123456789:${'A'.repeat(35)} ${'x'.repeat(100)}` })
  expect(JSON.stringify(await bench.engine.database.read.find(NoteSchema))).not.toContain('AAAA')
  await bench.start()
  const answer = await bench.sandbox.waitFor(() => bench.said().find(({ text }) => text.startsWith('Not run')))
  expect(answer.text).toMatch(/^Not run, since I was away: \/deploy a, \/gittoken b .{1,50}\. Send again/)
})

test('what was accepted in time is run, however long the restart takes', async () => {
  bench.sandbox.privateChat(OWNER, MANAGER)
  await bench.register('echo-bot')
  await bench.start()
  await bench.answer('/bots')
  await bench.stop()
  const { acceptInto } = await import('../../../manager-bot/chat/inbox.ts')
  const accepted = Date.now() - 3600_000
  const then = { ...bench.engine, clock: { ...bench.engine.clock, now: () => accepted } }
  const message = {
    message_id: 9999,
    date: Math.floor(accepted / 1000) - 10,
    chat: { id: OWNER, type: 'private' as const, first_name: 'X' },
    from: { id: OWNER, is_bot: false, first_name: 'X' },
    text: '/deploy echo-bot',
  }
  await acceptInto(then, [{ update_id: 77, message }])
  await bench.restart()
  await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.includes('Deploying echo-bot')))
  expect(bench.queued).toEqual([1])
})
