import { afterEach, beforeEach, expect, test } from 'vitest'
import { InboxSchema } from '../../../manager-bot/chat/records/inbox.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

// What can't be answered is not done: so a kill between a change and its answer leaves neither.

const ANNA = 43
const TABLES = ['bots', 'people', 'grants', 'invitations', 'places', 'awaited', 'secrets']

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.addPerson({ id: ANNA, name: 'Anna' })
  await bench.start()
  await bench.register('echo-bot')
  await bench.answer('/grant 77 viewer')
})

afterEach(() => bench.close())

const query = (statement: string) => bench.engine.database.read.query(statement)

const contents = async () => Promise.all(TABLES.map((table) => query(`SELECT * FROM "${table}"`)))

/** Does something whose answer can't be written down. */
const unanswerable = async (work: () => unknown): Promise<void> => {
  const failures = () => bench.entries.filter(({ message }) => message === 'a message was not handled').length
  const before = failures()
  await query(`CREATE TRIGGER no_post BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no post'); END`)
  await work()
  await eventually(async () => {
    expect(failures()).toBe(before + 1)
    expect(await bench.engine.database.read.find(InboxSchema)).toEqual([])
  })
  await query('DROP TRIGGER no_post')
}

const changes = async (work: () => unknown): Promise<boolean> => {
  const before = await contents()
  await work()
  return JSON.stringify(await contents()) !== JSON.stringify(before)
}

test.each(['/set echo-bot branch=next', '/grant 78 viewer', '/grant invite viewer'])('%s', async (text) => {
  expect(await changes(() => unanswerable(() => bench.says(text)))).toBe(false)
  expect(await changes(() => bench.answer(text))).toBe(true)
})

test('/here', async () => {
  const group = bench.sandbox.addGroup({ title: 'Ops', members: [OWNER, bench.manager.id] }).id
  const says = () => bench.sandbox.say(OWNER, group, '/here')
  expect(await changes(() => unanswerable(says))).toBe(false)
  says()
  await bench.sandbox.waitFor(() => bench.sandbox.messages(group).some(({ from }) => from.is_bot))
})

test('/revoke, confirmed by a button', async () => {
  const [asked] = await bench.answers(bench.says('/revoke 77'))
  const press = () => bench.sandbox.press(OWNER, MANAGER, asked?.message_id ?? 0, asked?.buttons[0]?.[0]?.text ?? '')
  expect(await changes(() => unanswerable(press))).toBe(false)
})

test('a value that was waited for goes on being waited for', async () => {
  await bench.answer('/secret echo-bot API_KEY')
  await unanswerable(() => bench.says('the value'))
  expect(await bench.answer('the value')).toContain('API_KEY is set')
})

test('an invitation: neither taken nor told', async () => {
  const link = /https:\S+/.exec(await bench.answer('/grant invite viewer'))?.[0] ?? ''
  expect(await changes(() => unanswerable(() => bench.sandbox.follow(ANNA, link)))).toBe(false)
  bench.sandbox.follow(ANNA, link)
  await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.includes('took the invitation')))
})
