import { afterEach, beforeEach, expect, test } from 'vitest'
import { HandledUpdateSchema } from '../../../manager-bot/chat/records/handled-update.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
})

afterEach(() => bench.close())

const warnings = () => bench.entries.filter(({ level }) => level === 'warn').map(({ message }) => message)

test('an update that comes again is not acted on again, also after a restart', async () => {
  await bench.start()
  await bench.register('echo-bot')
  await bench.answer('/deploy echo-bot')
  const [{ updateId } = { updateId: 0 }] = await bench.engine.database.read.find(HandledUpdateSchema)
  await bench.restart()
  // Telegram serves unconfirmed updates again: here the very same one, as an answer of its own making.
  const repeated = JSON.stringify({ ok: true, result: [{ update_id: updateId, message: deployMessage }] })
  bench.sandbox.fail({ method: 'getUpdates', status: 200, body: repeated, times: 2 })
  await bench.answer('/bots')
  expect(bench.queued).toEqual([1])
})

test('of what was handled long ago nothing is kept', async () => {
  await bench.start()
  const at = bench.engine.clock.now() - 4 * 24 * 3600 * 1000
  await bench.engine.database.transaction((entities) => entities.insert(HandledUpdateSchema, { updateId: 1, at }))
  await bench.restart()
  await bench.answer('/bots')
  const kept = await bench.engine.database.read.find(HandledUpdateSchema)
  expect(kept.map(({ updateId }) => updateId)).not.toContain(1)
})

test('polling goes on where it was, and confirms what it accepted when it stops', async () => {
  await bench.start()
  await bench.answer('/bots')
  await bench.stop()
  expect(bench.sandbox.pending(bench.manager.id)).toBe(0)
  bench.says('/help')
  await bench.restart()
  await bench.sandbox.waitFor(() => bench.said().at(-1)?.text.includes('Commands'))
  const polls = bench.sandbox.calls.filter(({ method }) => method.toLowerCase() === 'getupdates')
  expect(Number(polls[0]?.params.offset)).toBe(0)
  expect(Number(polls.at(-1)?.params.offset)).toBeGreaterThan(0)
})

test.each([
  ['502 with HTML', { status: 502, body: '<html><h1>Bad Gateway</h1></html>', times: 2 }, 'polling Telegram fails'],
  ['200 with HTML', { status: 200, body: '<html>captive portal</html>', times: 2 }, 'polling Telegram fails'],
  ['connections reset', { reset: true, times: 2 }, 'polling Telegram fails'],
  ['429', { status: 429, body: tooMany(1), times: 1 }, 'polling Telegram fails'],
  ['401', { status: 401, body: error(401, 'Unauthorized'), times: 2 }, 'put a valid one into TBS_TOKEN'],
  [
    '409',
    { status: 409, body: error(409, 'Conflict: terminated by other getUpdates request'), times: 2 },
    'another process',
  ],
])('%s: said once, then commands are answered again', async (_, rule, said) => {
  await bench.start()
  bench.sandbox.fail({ method: 'getUpdates', ...rule })
  bench.sandbox.deliver(MANAGER, 'channel_post', {})
  expect(await bench.answer('/bots')).toContain('no bots yet')
  expect(await bench.answer('/bots')).toContain('no bots yet')
  expect(warnings()).toHaveLength(1)
  expect(warnings()[0]).toContain(said)
})

test('a webhook that somebody set is removed', async () => {
  await bench.start()
  await fetch(`${bench.sandbox.apiRoot}/bot${bench.manager.token}/setWebhook?url=https://example.org/hook`)
  const hook = () => bench.sandbox.calls.some(({ method }) => method.toLowerCase() === 'setwebhook')
  await bench.sandbox.waitFor(hook)
  bench.sandbox.fail({
    method: 'getUpdates',
    status: 409,
    body: error(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it"),
    times: 1,
  })
  await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ method }) => method.toLowerCase() === 'deletewebhook'))
  expect(await bench.answer('/bots')).toContain('no bots yet')
})

test('Telegram away at the start: said once, and listening begins when it is back', async () => {
  const back = bench.sandbox.fail({ status: 502, body: '<html></html>' })
  const started = bench.start()
  await eventually(() => expect(warnings()).toEqual(['Telegram can not be reached, trying on']))
  back()
  await started
  expect(await bench.answer('/bots')).toContain('no bots yet')
})

test('a slow command holds up its own chat alone, and keeps its order there', async () => {
  await bench.start()
  const group = await bench.group()
  // The first answer, in the group, meets a Telegram that is busy for two seconds.
  bench.sandbox.fail({ method: 'sendMessage', status: 429, body: tooMany(2), times: 1 })
  const began = Date.now()
  bench.sandbox.say(OWNER, group.id, `/bots@${MANAGER}`)
  bench.sandbox.say(OWNER, group.id, `/help@${MANAGER} deploy`)
  await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ status }) => status === 429))
  await bench.answer('/help')
  expect(Date.now() - began).toBeLessThan(1500)
  const inGroup = () => bench.sandbox.messages(group.id).filter(({ from }) => from.is_bot)
  await bench.sandbox.waitFor(() => inGroup().length === 2)
  expect(inGroup().map(({ text }) => text.split(' ')[0])).toEqual(['There', '/deploy'])
})

function error(code: number, description: string): string {
  return JSON.stringify({ ok: false, error_code: code, description })
}

function tooMany(seconds: number): string {
  const description = `Too Many Requests: retry after ${seconds}`
  return JSON.stringify({ ok: false, error_code: 429, description, parameters: { retry_after: seconds } })
}

const deployMessage = {
  message_id: 1,
  date: 1,
  chat: { id: OWNER, type: 'private', first_name: 'Olga' },
  from: { id: OWNER, is_bot: false, first_name: 'Olga' },
  text: '/deploy echo-bot',
}
