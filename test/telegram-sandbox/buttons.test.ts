import { expect, test } from 'vitest'
import { openWorld, stoppedClock } from './world.ts'

const openQuestion = async (options = {}) => {
  const world = await openWorld(options)
  const chat_id = world.sandbox.privateChat(world.olga.id, 'echo_bot')
  const buttons = [[{ text: 'Yes', callback_data: 'yes' }], [{ text: 'Docs', url: 'https://example.org' }]]
  const message_id = await world.send(chat_id, 'Sure?', { reply_markup: { inline_keyboard: buttons } })
  const press = (button: string) => world.sandbox.press(world.olga.id, 'echo_bot', message_id, button)
  const nextQuery = async () => (await world.getUpdates({ timeout: 5 }))[0]?.callback_query
  return { ...world, chat_id, message_id, press, nextQuery }
}

test('a press reaches the bot, and its answer the person', async () => {
  const { press, nextQuery, call, olga, message_id } = await openQuestion()
  const answer = press('Yes')
  const query = await nextQuery()
  expect(query).toMatchObject({ data: 'yes', from: { id: olga.id }, message: { message_id, text: 'Sure?' } })
  await call('answerCallbackQuery', { callback_query_id: query?.id, text: 'Done', show_alert: true })
  expect(await answer).toEqual({ answered: true, text: 'Done', show_alert: true })
})

test('only a button that is there can be pressed', async () => {
  const { sandbox, olga, message_id } = await openQuestion()
  expect(() => sandbox.press(olga.id, 'echo_bot', message_id, 'No')).toThrow('has no button "No" to press')
})

test('a query can be answered for 15 s', async () => {
  const clock = stoppedClock()
  const { sandbox, press, nextQuery, call } = await openQuestion({ now: clock.now })
  void press('Yes')
  const query = await nextQuery()
  clock.pass(15_001)
  expect(await call('answerCallbackQuery', { callback_query_id: query?.id })).toEqual({
    ok: false,
    error_code: 400,
    description: 'Bad Request: query is too old and response timeout expired or query ID is invalid',
  })
  expect(sandbox.calls.at(-1)?.status).toBe(400)
})

test('a query of another bot can not be answered', async () => {
  const { sandbox, press, nextQuery } = await openQuestion()
  void press('Yes')
  const query = await nextQuery()
  const other = sandbox.addBot({ username: 'other_bot' })
  const address = `${sandbox.apiRoot}/bot${other.token}/answerCallbackQuery?callback_query_id=${query?.id}`
  expect((await fetch(address)).status).toBe(400)
})

test('a press that waits ends when the sandbox closes', async () => {
  const { sandbox, press } = await openQuestion()
  const answer = press('Yes')
  await sandbox.close()
  expect(await answer).toEqual({ answered: false, text: '', show_alert: false })
})
