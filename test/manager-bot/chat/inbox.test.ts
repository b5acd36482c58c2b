import { afterEach, beforeEach, expect, test } from 'vitest'
import { acceptInto } from '../../../manager-bot/chat/inbox.ts'
import { addToInbox, InboxSchema } from '../../../manager-bot/chat/records/inbox.ts'
import { OutboxSchema } from '../../../manager-bot/chat/records/outbox.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
  bench.sandbox.privateChat(OWNER, MANAGER)
})

afterEach(() => bench.close())

const left = () => bench.engine.database.read.find(InboxSchema)
const update = (update_id: number, text: string, from = OWNER) => {
  const person = { id: from, is_bot: false, first_name: 'Olga' }
  const chat = { id: from, type: 'private' as const, first_name: 'Olga' }
  const date = Math.floor(Date.now() / 1000)
  const entities = [{ type: 'bot_command' as const, offset: 0, length: text.indexOf(' ') }]
  return { update_id, message: { message_id: update_id, date, chat, from: person, text, entities } }
}

test('what was accepted and not done before a kill is done after it, once', async () => {
  await bench.stop()
  await acceptInto(bench.engine, [update(900_000_001, '/deploy echo-bot'), update(900_000_002, '/status echo-bot')])
  expect(await left()).toHaveLength(2)
  await bench.restart()
  await eventually(() => expect(bench.queued).toEqual([1]))
  await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.includes('echo-bot')))
  await bench.answer('/bots')
  expect(bench.queued).toEqual([1])
  await eventually(async () => expect(await left()).toEqual([]))
  await bench.restart()
  await bench.answer('/bots')
  expect(bench.queued).toEqual([1])
})

test('what waits is encrypted: people send tokens', async () => {
  await bench.stop()
  await acceptInto(bench.engine, [update(900_000_001, 'a secret word')])
  const [kept] = await left()
  expect(kept?.sealed.toString('latin1')).not.toContain('secret word')
})

test('strangers leave nothing behind but the number of their update', async () => {
  await acceptInto(bench.engine, [update(900_000_001, '/deploy echo-bot', 666)])
  expect(await left()).toEqual([])
})

test('what another master key has sealed is said in the log and forgotten', async () => {
  const broken = { updateId: 900_000_001, sealed: Buffer.alloc(60, 1), acceptedAt: Date.now() }
  await bench.engine.database.transaction((entities) => addToInbox(entities, [broken]))
  await bench.restart()
  await bench.answer('/bots')
  expect(bench.entries.map(({ message }) => message)).toContain('a message of before the start can not be read')
  expect(await left()).toEqual([])
})

test('a command that fails by a bug is not carried out for ever', async () => {
  bench.sandbox.fail({ method: 'sendMessage', status: 400, body: '{}', times: 1 })
  await bench.answer('/bots')
  expect(await left()).toEqual([])
})

test('what was accepted before a kill is not taken for a flood after it', async () => {
  await bench.stop()
  const many = Array.from({ length: 60 }, (_, index) => update(900_000_001 + index, '/nonsense'))
  await acceptInto(bench.engine, many)
  await bench.restart()
  await eventually(async () => expect(await left()).toEqual([]))
  const answers = await bench.engine.database.read.find(OutboxSchema)
  expect(answers.length + bench.said().length).toBeGreaterThanOrEqual(60)
})
