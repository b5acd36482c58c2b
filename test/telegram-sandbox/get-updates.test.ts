import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openWorld, stoppedClock } from './world.ts'

const texts = (updates: { message?: { text?: string } }[]) => updates.map(({ message }) => message?.text)

test('an update comes again until a higher offset confirms it', async () => {
  const { sandbox, olga, bot, getUpdates } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'one')
  sandbox.say(olga.id, 'echo_bot', 'two')
  const [first] = await getUpdates()
  expect(texts(await getUpdates({ timeout: 1, offset: 0, limit: 5 }))).toContain('one')
  expect(texts(await getUpdates({ offset: (first?.update_id ?? 0) + 1 }))).toEqual(['two'])
  expect(sandbox.pending(bot.id)).toBe(1)
})

test('confirmed updates are gone for good', async () => {
  const { sandbox, olga, bot, getUpdates } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'one')
  const [only] = await getUpdates()
  await getUpdates({ offset: (only?.update_id ?? 0) + 1, limit: 1, timeout: 0 })
  expect(sandbox.pending(bot.id)).toBe(0)
  expect(await getUpdates({ offset: 0, timeout: 0 })).toEqual([])
})

test('ids begin at a random number and then grow by one', async () => {
  const { sandbox, olga, getUpdates } = await openWorld()
  for (const text of ['one', 'two', 'three']) sandbox.say(olga.id, 'echo_bot', text)
  const ids = (await getUpdates()).map(({ update_id }) => update_id)
  const [start = 0] = ids
  expect(start).toBeGreaterThan(2_000_000)
  expect(ids).toEqual([start, start + 1, start + 2])
})

test('a negative offset deletes all but the last ones', async () => {
  const { sandbox, olga, bot, getUpdates } = await openWorld()
  for (const text of ['one', 'two', 'three']) sandbox.say(olga.id, 'echo_bot', text)
  expect(texts(await getUpdates({ offset: -2 }))).toEqual(['two', 'three'])
  expect(sandbox.pending(bot.id)).toBe(2)
})

test('an offset far in the future is taken for the head and confirms nothing', async () => {
  const { sandbox, olga, bot, getUpdates } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'one')
  const [only] = await getUpdates()
  expect(texts(await getUpdates({ offset: (only?.update_id ?? 0) + 12 }))).toEqual(['one'])
  expect(sandbox.pending(bot.id)).toBe(1)
})

test('an offset far in the past gives the head', async () => {
  const { sandbox, olga, getUpdates } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'one')
  expect(texts(await getUpdates({ offset: 1 }))).toEqual(['one'])
})

test('limit is clamped to 1..100', async () => {
  const { sandbox, olga, getUpdates } = await openWorld()
  for (let count = 0; count < 105; count += 1) sandbox.say(olga.id, 'echo_bot', `message ${count}`)
  expect(await getUpdates({ limit: 1_000, offset: 0 })).toHaveLength(100)
  expect(await getUpdates({ limit: -5, offset: 1 })).toHaveLength(1)
})

test('a waiting poll is woken by the update', async () => {
  const { sandbox, olga, getUpdates } = await openWorld()
  const poll = getUpdates({ timeout: 30 })
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  await sleep(50)
  const begun = performance.now()
  sandbox.say(olga.id, 'echo_bot', 'wake up')
  expect(texts(await poll)).toEqual(['wake up'])
  expect(performance.now() - begun).toBeLessThan(100)
})

test('a waiting poll ends empty after its timeout', async () => {
  const { getUpdates } = await openWorld()
  const begun = performance.now()
  expect(await getUpdates({ timeout: 1, offset: 5 })).toEqual([])
  expect(performance.now() - begun).toBeGreaterThan(950)
})

test('a poll whose client has hung up swallows nothing', async () => {
  const { sandbox, olga, bot, call, getUpdates } = await openWorld()
  const client = new AbortController()
  const poll = call('getUpdates', { timeout: 30 }, client.signal).catch(() => 'hung up')
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  await sleep(50)
  client.abort()
  expect(await poll).toBe('hung up')
  await sandbox.waitFor(() => sandbox.calls[0]?.status === 200, { what: 'the end of the abandoned poll' })
  sandbox.say(olga.id, 'echo_bot', 'for the next one')
  expect(sandbox.pending(bot.id)).toBe(1)
  expect(texts(await getUpdates({ timeout: 5 }))).toEqual(['for the next one'])
  expect(sandbox.conflicts(bot.id)).toBe(0)
})

test('allowed_updates hold per bot until they are set again, from the next update on', async () => {
  const { sandbox, olga, call, getUpdates } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'queued before')
  await call('getUpdates', { allowed_updates: ['callback_query'], limit: 1 })
  sandbox.say(olga.id, 'echo_bot', 'not wanted')
  expect(texts(await getUpdates())).toEqual(['queued before'])
  await call('getUpdates', { allowed_updates: [] })
  sandbox.say(olga.id, 'echo_bot', 'wanted again')
  expect(texts(await getUpdates({ offset: 1 }))).toEqual(['queued before', 'wanted again'])
})

test('reactions and membership of others need to be asked for', async () => {
  const { sandbox, bot } = await openWorld()
  sandbox.deliver('echo_bot', 'message_reaction', {})
  sandbox.deliver('echo_bot', 'chat_member', {})
  sandbox.deliver('echo_bot', 'edited_message', {})
  expect(sandbox.pending(bot.id)).toBe(1)
})

test.each([
  ['inline_query', 30],
  ['callback_query', 150],
  ['pre_checkout_query', 150],
  ['chosen_inline_result', 600],
  ['message', 86_400],
])('%s is kept for %i s', async (type, lifeSeconds) => {
  const clock = stoppedClock()
  const { sandbox, bot } = await openWorld({ now: clock.now })
  sandbox.deliver('echo_bot', type, {})
  clock.pass(lifeSeconds * 1000)
  expect(sandbox.pending(bot.id)).toBe(1)
  clock.pass(1000)
  expect(sandbox.pending(bot.id)).toBe(0)
})

test('after a week without updates the next id is another random one', async () => {
  const clock = stoppedClock()
  const { sandbox, olga, getUpdates } = await openWorld({ now: clock.now })
  sandbox.say(olga.id, 'echo_bot', 'one')
  const [first] = await getUpdates()
  clock.pass(8 * 86_400_000)
  sandbox.say(olga.id, 'echo_bot', 'two')
  const [second] = await getUpdates()
  expect(second?.message?.text).toBe('two')
  expect(second?.update_id).not.toBe((first?.update_id ?? 0) + 1)
})

test('getWebhookInfo tells how many updates wait without touching them', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'one')
  const { result } = await call('getWebhookInfo')
  expect(result).toMatchObject({ url: '', pending_update_count: 1 })
  expect(sandbox.pending(bot.id)).toBe(1)
})
