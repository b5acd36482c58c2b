import { afterEach, beforeEach, expect, test } from 'vitest'
import { lookAtOperation, type Operation, requestOperation } from '../../../deploy-engine/index.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

const ANNA = 43
const BEN = 44

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.addPerson({ id: ANNA, name: 'Anna' })
  bench.sandbox.addPerson({ id: BEN, name: 'Ben' })
  await bench.start()
  await bench.register('echo-bot')
  await haveReleases(bench, 'echo-bot', 2)
  for (const id of [ANNA, BEN]) await bench.answer(`/grant ${id} admin echo-bot`)
})

afterEach(() => bench.close())

const as = async (person: number, text: string): Promise<SandboxMessage> => {
  const { message_id } = bench.says(text, person)
  const said = () =>
    bench.sandbox.conversation(MANAGER, person).find((one) => one.from.is_bot && one.message_id > message_id)
  return bench.sandbox.waitFor(said, { what: `an answer to ${text}` })
}

const text = async (person: number, words: string) => (await as(person, words)).text.replace(/\d\d:\d\d/, 'hh:mm')

const LOCKED = 'echo-bot is locked by Anna since hh:mm: release freeze'

const operations = () => bench.engine.database.read.find<Operation>('operation', { order: { id: 'ASC' } })

test('whoever tries is told who locked it, since when and why; others can’t unlock it', async () => {
  expect(await text(ANNA, '/lock echo-bot release freeze')).toBe(`${LOCKED}\nTo end that: /unlock echo-bot`)
  const refusal = `${LOCKED}\nAsk Anna or an owner to /unlock echo-bot; an owner may also do it anyway`
  for (const words of [
    '/deploy echo-bot',
    '/rollback echo-bot',
    '/volume echo-bot /app/x',
    '/deploy echo-bot --anyway',
  ])
    expect(await text(BEN, words)).toBe(refusal)
  expect(await text(BEN, '/unlock echo-bot')).toBe(`${LOCKED}\nOnly Anna and owners may unlock it`)
  expect(await operations()).toEqual([])

  expect(await text(BEN, '/status echo-bot')).toContain('Locked by Anna since hh:mm: release freeze')
  expect(await text(BEN, '/bots')).toContain('· locked')
  await as(BEN, '/restart echo-bot')
  expect(await operations()).toMatchObject([{ kind: 'restart' }])

  expect(await text(ANNA, '/unlock echo-bot')).toBe('echo-bot can be deployed again.')
  await as(BEN, '/deploy echo-bot')
  expect(await operations()).toMatchObject([{ kind: 'restart' }, { kind: 'deploy' }])
  expect(await text(ANNA, '/unlock echo-bot')).toContain('echo-bot is not locked')
})

test('an owner may do it anyway, once asked; but not past a lock that was made since', async () => {
  await as(ANNA, '/lock echo-bot release freeze')
  const question = await as(OWNER, '/deploy echo-bot main')
  expect(question.text.replace(/\d\d:\d\d/, 'hh:mm')).toContain(LOCKED)
  expect(await operations()).toEqual([])
  await bench.sandbox.press(OWNER, MANAGER, question.message_id, 'Deploy anyway')
  await bench.sandbox.waitFor(() => bench.queued.length === 1)
  expect(await operations()).toMatchObject([{ kind: 'deploy', args: { ref: 'main', anyway: expect.any(Number) } }])

  const other = await as(OWNER, '/rollback echo-bot v1')
  expect(other.text).toContain('Roll back from v2 to v1')
  await as(ANNA, '/lock echo-bot now for real')
  await bench.sandbox.press(OWNER, MANAGER, other.message_id, 'Roll back to v1')
  await bench.sandbox.waitFor(() => bench.said().some((one) => one.text.includes('now for real')))
  expect(await operations()).toHaveLength(1)
})

test('asked for before the lock, refused when its turn comes; what the manager puts back is not', async () => {
  const asked = { bot: 'echo-bot', args: { ref: 'main' }, requestedBy: 'telegram:44' }
  const { operation } = await requestOperation(bench.engine, { ...asked, kind: 'deploy' })
  expect(await text(ANNA, '/lock echo-bot release freeze')).toContain('#1 (deploy) is queued and will be refused')
  await lookAtOperation(bench.engine, operation.id)
  const [refused] = await operations()
  expect(refused).toMatchObject({ state: 'failed', outcome: { error: { code: 'bot_locked' } } })
  expect(refused?.startedAt).not.toBeNull()

  const back = { bot: 'echo-bot', args: { cause: 'v2 crashes', release: 1 }, requestedBy: 'manager' }
  const { operation: own } = await requestOperation(bench.engine, { ...back, kind: 'rollback' })
  await lookAtOperation(bench.engine, own.id)
  expect((await operations())[1]?.outcome?.error?.code).not.toBe('bot_locked')
})
