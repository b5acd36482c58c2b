import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Secret, setVariables } from '../../../deploy-engine/index.ts'
import { openAudit } from '../../../manager-bot/chat/audit.ts'
import type { AuditRow } from '../../../manager-bot/chat/records/audit.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'

const ANNA = 43
const STRANGER = 99
const TOKEN = '123456789:AAExampleOfThirtyFiveCharacters_xyz'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.addPerson({ id: ANNA, name: 'Anna' })
  bench.sandbox.addPerson({ id: STRANGER, name: 'Stranger' })
  await bench.start()
  await bench.register('echo-bot')
})

afterEach(() => bench.close())

const rows = () => bench.engine.database.read.find<AuditRow>('audit', { order: { id: 'ASC' } })

const asAnna = async (text: string) => {
  const { message_id } = bench.says(text, ANNA)
  const said = () =>
    bench.sandbox.conversation(MANAGER, ANNA).find((one) => one.from.is_bot && one.message_id > message_id)
  return (await bench.sandbox.waitFor(said)).text
}

test('who did what, on which bot, by which door, and what came of it', async () => {
  await bench.answer(`/grant ${ANNA} viewer echo-bot`)
  await bench.answer('/set echo-bot branch=next')
  await bench.answer('/status echo-bot')
  await bench.answer('/deploy echo-bot next')
  await moveOn(bench, 1, { state: 'failed', outcome: { error: { code: 'exited', message: 'x' } } })
  await asAnna('/deploy echo-bot main')
  bench.says('/deploy echo-bot main', STRANGER)

  bench.says('/audit')
  const { text } = await bench.sandbox.waitFor(() => bench.said().find((one) => one.text.startsWith('Who did what')))
  const [, ...lines] = text.split('\n').map((one) => one.replace(/\d\d:\d\d/, 'hh:mm'))
  expect(lines).toEqual([
    '⛔ hh:mm Anna: deploy echo-bot main · refused: not allowed',
    '✗ hh:mm @olga: deploy echo-bot next · #1 failed: exited',
    '✓ hh:mm @olga: set echo-bot branch=next',
    '✓ hh:mm @olga: grant echo-bot 43 viewer',
    '✓ hh:mm manager: grant 42 owner',
  ])
  expect(await bench.answer('/audit other-bot')).toBe('Nothing is written down about other-bot.')
  expect(await asAnna('/audit')).toContain('Only owners may use /audit')
  const written = await rows()
  expect(written.at(-1)).toMatchObject({ by: 'telegram:43', name: 'Anna', door: 'chat', code: 'not_allowed' })
  expect(written.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'begun', 'done', 'refused'])
})

test('the database itself refuses to change or forget any of it', async () => {
  await bench.answer('/set echo-bot branch=next')
  const before = await rows()
  const query = (statement: string) => bench.engine.database.read.query(statement)
  for (const statement of [
    `UPDATE audit SET name = 'x'`,
    'DELETE FROM audit',
    `INSERT OR REPLACE INTO audit SELECT id, at, door, by, 'x', verb, bot, words, result, code, operation, begun, 'new'
      FROM audit`,
  ]) {
    await expect(query(statement)).rejects.toThrow('append_only')
  }
  await query(`INSERT OR REPLACE INTO audit SELECT 1000 + id, at, door, by, 'x', verb, bot, words, result, code,
    operation, begun, key FROM audit`)
  expect(await rows()).toEqual(before)
})

test('a change that can’t be answered leaves neither itself nor a word of it', async () => {
  const before = await rows()
  await bench.engine.database.read.query(
    `CREATE TRIGGER no_post BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no post'); END`,
  )
  bench.says('/set echo-bot branch=next')
  await eventually(() =>
    expect(bench.entries.some(({ message }) => message === 'a message was not handled')).toBe(true),
  )
  await bench.engine.database.read.query('DROP TRIGGER no_post')
  const written = (await rows()).slice(before.length)
  expect(written.map(({ verb, result }) => [verb, result])).toEqual([['set', 'failed']])
})

test('what is done again after a kill is written down once', async () => {
  const audit = () => openAudit(bench.engine, { door: 'chat', by: 'telegram:42', key: 'telegram:7' })
  const wanted = { verb: 'restart', bot: 'echo-bot', words: {} }
  await audit().begin(wanted)
  expect(await bench.answer('/audit echo-bot')).toContain('… ')
  await audit().begin(wanted)
  await audit().end(wanted, { result: 'done', operation: 1 })
  await audit().end(wanted, { result: 'refused', code: 'bot_busy' })
  const [first, second, ...others] = (await rows()).filter(({ verb }) => verb === 'restart')
  expect([first, second]).toMatchObject([{ result: 'begun' }, { result: 'done', begun: first?.id, operation: 1 }])
  expect(others).toEqual([])
})

test('killed while it is carried out, a command is there once, with its end', async () => {
  bench.says('/deploy echo-bot main')
  await vi.waitFor(async () => expect((await rows()).at(-1)?.verb).toBe('deploy'), { interval: 1, timeout: 20_000 })
  await bench.die()
  await bench.sandbox.waitFor(() => bench.queued.length > 0)
  await eventually(async () => expect((await rows()).at(-1)?.result).toBe('done'))
  const written = (await rows()).filter(({ verb }) => verb === 'deploy')
  expect(written).toMatchObject([{ result: 'begun' }, { result: 'done', operation: 1, begun: written[0]?.id }])
  expect(await bench.engine.database.read.count('operation')).toBe(1)
})

test('an invitation that was taken, and what the manager does of its own accord', async () => {
  const link = /https:\S+/.exec(await bench.answer('/grant invite viewer echo-bot'))?.[0] ?? ''
  bench.sandbox.follow(ANNA, link)
  await eventually(async () => expect((await rows()).at(-1)?.verb).toBe('start'))
  expect((await rows()).at(-1)).toMatchObject({
    by: 'telegram:43',
    bot: 'echo-bot',
    words: { role: 'viewer', invited_by: `telegram:${OWNER}` },
  })
  expect(JSON.stringify(await rows())).not.toContain(new URL(link).searchParams.get('start'))
})

test('no secret gets into it, wherever somebody puts one', async () => {
  const value = 'pa55 of nobody'
  await setVariables(bench.engine, 'echo-bot', { API_KEY: new Secret('hunter2hunter2') })
  await bench.answer('/secret echo-bot OTHER_KEY')
  await bench.answer(value)
  for (const text of [
    '/set echo-bot branch=hunter2hunter2',
    '/set echo-bot repo=https://me:pa55word@example.org/x.git',
    '/secret pa55word',
    '/secret echo-bot pa55-word',
    `/deploy ${TOKEN}`,
    '/deploy echo-bot pa55word pa55word',
    '/grant pa55word owner',
    '/set echo-bot path=../pa55word',
  ]) {
    await bench.answers(bench.says(text))
  }
  const written = await rows()
  expect(written.length).toBeGreaterThan(5)
  expect(written.find(({ verb }) => verb === 'secret')).toMatchObject({ bot: 'echo-bot', words: { key: 'OTHER_KEY' } })
  expect(JSON.stringify(written)).not.toMatch(/pa55|hunter2|AAExample/)
})

test('page by page', async () => {
  for (let count = 0; count < 30; count += 1) {
    const audit = openAudit(bench.engine, { door: 'chat', by: 'telegram:42', key: `test:${count}` })
    const words = { setting: `branch=b${count}` }
    await audit.end({ verb: 'set', bot: 'echo-bot', words }, { result: 'done' })
  }
  const [page] = await bench.answers(bench.says('/audit echo-bot'))
  const id = page?.message_id ?? 0
  const shown = () => bench.chat().find(({ message_id }) => message_id === id)
  expect(page?.text.match(/branch=b\d+/g)).toEqual(Array.from({ length: 12 }, (_, index) => `branch=b${29 - index}`))
  await bench.sandbox.press(OWNER, MANAGER, id, 'Older ›')
  await bench.sandbox.waitFor(() => shown()?.text.includes('branch=b17\n'))
  await bench.sandbox.press(OWNER, MANAGER, id, 'Older ›')
  await bench.sandbox.waitFor(() => shown()?.text.includes('branch=b0'))
  expect(
    shown()
      ?.buttons.flat()
      .map(({ text }) => text),
  ).toEqual(['‹ Newest'])
  await bench.sandbox.press(OWNER, MANAGER, id, '‹ Newest')
  await bench.sandbox.waitFor(() => shown()?.text.includes('branch=b29'))
})
