import { expect, test } from 'vitest'
import { openWorld, stoppedClock } from './world.ts'

const OTHER_POLL = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'

test('of two waiting polls the older one gets 409', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  const older = call('getUpdates', { timeout: 30 })
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  const newer = call('getUpdates', { timeout: 30 })
  expect(await older).toEqual({ ok: false, error_code: 409, description: OTHER_POLL })
  expect(sandbox.conflicts(bot.id)).toBe(1)
  sandbox.say(olga.id, 'echo_bot', 'for the newer one')
  expect(await newer).toMatchObject({ ok: true, result: [{ message: { text: 'for the newer one' } }] })
})

test('a second 409 within 3 s is given after 3 s', async () => {
  const { sandbox, olga, call } = await openWorld()
  const polls = []
  for (let count = 1; count <= 3; count += 1) {
    polls.push(call('getUpdates', { timeout: 30 }).then((answer) => ({ ...answer, at: performance.now() })))
    await sandbox.waitFor(() => sandbox.calls.length === count)
  }
  const [first, second] = await Promise.all(polls.slice(0, 2))
  sandbox.say(olga.id, 'echo_bot', 'for the third one')
  expect(await polls[2]).toMatchObject({ ok: true })
  expect([first?.error_code, second?.error_code]).toEqual([409, 409])
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(2_900)
})

test('while updates wait both pollers get them and nobody gets 409', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  sandbox.say(olga.id, 'echo_bot', 'for both')
  const both = await Promise.all([call('getUpdates', { timeout: 30 }), call('getUpdates', { timeout: 30 })])
  for (const answer of both) expect(answer).toMatchObject({ ok: true, result: [{ message: { text: 'for both' } }] })
  expect(sandbox.conflicts(bot.id)).toBe(0)
})

test('a poll without timeout does not disturb one that waits', async () => {
  const clock = stoppedClock()
  const { sandbox, bot, call } = await openWorld({ now: clock.now })
  const waiting = call('getUpdates', { timeout: 1, offset: 7 })
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  expect(await call('getUpdates', { timeout: 0, offset: 8 })).toMatchObject({ ok: true, result: [] })
  expect(await waiting).toMatchObject({ ok: true })
  expect(sandbox.conflicts(bot.id)).toBe(0)
})

test('bots do not disturb each other', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  const other = sandbox.addBot({ username: 'other_bot' })
  const poll = call('getUpdates', { timeout: 30 })
  await sandbox.waitFor(() => sandbox.calls.length === 1)
  sandbox.say(olga.id, 'other_bot', 'to the other')
  expect(sandbox.pending(other.id)).toBe(1)
  sandbox.say(olga.id, 'echo_bot', 'to this one')
  expect(await poll).toMatchObject({ result: [{ message: { text: 'to this one' } }] })
  expect(sandbox.conflicts(bot.id)).toBe(0)
})
