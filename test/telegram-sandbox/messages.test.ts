import { expect, test } from 'vitest'
import { openWorld } from './world.ts'

const openChat = async () => {
  const world = await openWorld()
  return { ...world, chat_id: world.sandbox.privateChat(world.olga.id, 'echo_bot') }
}

test('a message arrives in the chat of the person', async () => {
  const { sandbox, olga, chat_id, send } = await openChat()
  await send(chat_id, 'hello', { disable_notification: true })
  expect(sandbox.conversation('echo_bot', olga.id)).toMatchObject([
    { text: 'hello', from: { is_bot: true, username: 'echo_bot' }, silent: true, deleted: false },
  ])
})

test('the private chats of two bots with one person are two chats', async () => {
  const { sandbox, olga, chat_id, send } = await openChat()
  sandbox.addBot({ username: 'other_bot' })
  sandbox.say(olga.id, 'other_bot', 'to the other')
  await send(chat_id, 'from the first')
  expect(sandbox.conversation('echo_bot', olga.id)).toHaveLength(1)
  expect(sandbox.conversation('other_bot', olga.id)).toMatchObject([{ text: 'to the other' }])
})

test('a bot can not write first', async () => {
  const { olga, call } = await openWorld()
  expect(await call('sendMessage', { chat_id: olga.id, text: 'hello' })).toEqual({
    ok: false,
    error_code: 403,
    description: "Forbidden: bot can't initiate conversation with a user",
  })
})

test.each([
  [{ chat_id: '' }, 'Bad Request: chat_id is empty'],
  [{ chat_id: 99 }, 'Bad Request: chat not found'],
  [{ text: '' }, 'Bad Request: message text is empty'],
  [{ text: ' \n ' }, 'Bad Request: text must be non-empty'],
  [{ text: 'x'.repeat(4097) }, 'Bad Request: message is too long'],
  [{ parse_mode: 'Wrong' }, 'Bad Request: unsupported parse_mode'],
  [{ reply_parameters: { message_id: 77 } }, 'Bad Request: message to be replied not found'],
  [{ reply_markup: { inline_keyboard: [[{ text: 'a' }]] } }, /Text buttons are unallowed in the inline keyboard$/],
  [{ reply_markup: '{' }, "Bad Request: can't parse reply keyboard markup JSON object"],
])('sendMessage with %j is refused', async (wrong, description) => {
  const { sandbox, olga, chat_id, call } = await openChat()
  const answer = await call('sendMessage', { chat_id, text: 'fine', ...wrong })
  expect(answer).toMatchObject({ ok: false, error_code: 400, description: expect.stringMatching(description) })
  expect(sandbox.conversation('echo_bot', olga.id)).toEqual([])
})

test('4096 characters count after parsing', async () => {
  const { chat_id, call } = await openChat()
  const text = `<b>${'&amp;'.repeat(4096)}</b>`
  expect(await call('sendMessage', { chat_id, text, parse_mode: 'HTML' })).toMatchObject({ ok: true })
})

test('callback data holds 64 bytes, not characters', async () => {
  const { chat_id, call } = await openChat()
  const withData = (callback_data: string) =>
    call('sendMessage', { chat_id, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data }]] } })
  expect(await withData('é'.repeat(32))).toMatchObject({ ok: true })
  expect(await withData('é'.repeat(33))).toMatchObject({ description: 'Bad Request: BUTTON_DATA_INVALID' })
})

test('an edit replaces text and buttons, and the history remembers', async () => {
  const { sandbox, olga, chat_id, call, send } = await openChat()
  const reply_markup = { inline_keyboard: [[{ text: 'Stop', callback_data: 'stop' }]] }
  const message_id = await send(chat_id, 'step 1', { reply_markup })
  await call('editMessageText', { chat_id, message_id, text: 'step 2', reply_markup })
  await call('editMessageText', { chat_id, message_id, text: 'done' })
  const [message] = sandbox.conversation('echo_bot', olga.id)
  expect(message).toMatchObject({ text: 'done', buttons: [], edit_date: expect.any(Number) })
  expect(message?.history.map(({ text }) => text)).toEqual(['step 1', 'step 2', 'done'])
})

test('an edit that changes nothing is refused', async () => {
  const { sandbox, olga, chat_id, call, send } = await openChat()
  const message_id = await send(chat_id, '<b>same</b>', { parse_mode: 'HTML' })
  expect(await call('editMessageText', { chat_id, message_id, text: '<b>same</b>', parse_mode: 'HTML' })).toEqual({
    ok: false,
    error_code: 400,
    description:
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as ' +
      'a current content and reply markup of the message',
  })
  expect(sandbox.conversation('echo_bot', olga.id)[0]?.edit_date).toBeUndefined()
})

test('the same text in other formatting is a change', async () => {
  const { chat_id, call, send } = await openChat()
  const message_id = await send(chat_id, 'same')
  const edit = { chat_id, message_id, text: '<i>same</i>', parse_mode: 'HTML' }
  expect(await call('editMessageText', edit)).toMatchObject({ ok: true })
})

test('editMessageReplyMarkup takes the buttons away and leaves the text', async () => {
  const { sandbox, olga, chat_id, call, send } = await openChat()
  const reply_markup = { inline_keyboard: [[{ text: 'Stop', callback_data: 'stop' }]] }
  const message_id = await send(chat_id, '<b>bold</b>', { parse_mode: 'HTML', reply_markup })
  await call('editMessageReplyMarkup', { chat_id, message_id })
  const [message] = sandbox.conversation('echo_bot', olga.id)
  expect(message).toMatchObject({ text: 'bold', entities: [{ type: 'bold' }], buttons: [] })
})

test.each([
  ['editMessageText', 'Bad Request: message to edit not found'],
  ['editMessageReplyMarkup', 'Bad Request: message to edit not found'],
  ['deleteMessage', 'Bad Request: message to delete not found'],
])('%s of a message that is not there is refused', async (method, description) => {
  const { chat_id, call } = await openChat()
  expect(await call(method, { chat_id, message_id: 99, text: 'x' })).toMatchObject({ error_code: 400, description })
})

test('a bot can not edit what a person wrote', async () => {
  const { sandbox, olga, chat_id, call } = await openChat()
  const { message_id } = sandbox.say(olga.id, 'echo_bot', 'mine')
  const answer = await call('editMessageText', { chat_id, message_id, text: 'x' })
  expect(answer).toMatchObject({ description: "Bad Request: message can't be edited" })
})

test('a bot deletes its own message and, in private, the person’s', async () => {
  const { sandbox, olga, chat_id, call, send } = await openChat()
  const { message_id } = sandbox.say(olga.id, 'echo_bot', 'my token is 123:abc')
  const own = await send(chat_id, 'noted')
  expect(await call('deleteMessage', { chat_id, message_id })).toMatchObject({ result: true })
  expect(await call('deleteMessage', { chat_id, message_id: own })).toMatchObject({ result: true })
  expect(sandbox.conversation('echo_bot', olga.id).map(({ deleted }) => deleted)).toEqual([true, true])
})

test('a reply carries the message it answers', async () => {
  const { sandbox, olga, chat_id, call } = await openChat()
  const { message_id } = sandbox.say(olga.id, 'echo_bot', 'a question')
  const { result } = await call('sendMessage', { chat_id, text: 'an answer', reply_parameters: { message_id } })
  expect(result).toMatchObject({ text: 'an answer', reply_to_message: { text: 'a question' } })
})

test('what a person writes has its commands marked', async () => {
  const { sandbox, olga, getUpdates } = await openChat()
  sandbox.say(olga.id, 'echo_bot', '/deploy my-bot main')
  const [update] = await getUpdates()
  expect(update?.message).toMatchObject({
    text: '/deploy my-bot main',
    chat: { id: olga.id, type: 'private', first_name: 'Olga', username: 'olga' },
    from: { id: olga.id, is_bot: false },
    entities: [{ type: 'bot_command', offset: 0, length: 7 }],
  })
})

test.each([
  ['see /help, or (/bots)', ['/help', '/bots']],
  ['/status@other_bot\n/logs', ['/status@other_bot', '/logs']],
  ['./run and "/stop"', ['/run', '/stop']],
  ['/app/data, a/b, https://example.org/path and <x>/y', []],
  ['/über, é/x and //z', []],
])('commands in a text: %s', async (text, commands) => {
  const { chat_id, call } = await openChat()
  const { result } = await call('sendMessage', { chat_id, text })
  const { entities = [] } = result as { entities?: { type: string; offset: number; length: number }[] }
  const found = entities.filter(({ type }) => type === 'bot_command')
  expect(found.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual(commands)
})

test('chat actions are checked and told', async () => {
  const { sandbox, chat_id, call } = await openChat()
  const seen: unknown[] = []
  sandbox.onChange((event) => event.type === 'action' && seen.push(event))
  expect(await call('sendChatAction', { chat_id, action: 'typing' })).toMatchObject({ result: true })
  expect(await call('sendChatAction', { chat_id, action: 'dancing' })).toMatchObject({
    description: 'Bad Request: wrong parameter action in request',
  })
  expect(seen).toMatchObject([{ bot: 'echo_bot', action: 'typing' }])
})

test('in a group a bot hears commands and mentions, not the talk', async () => {
  const { sandbox, olga, bot, getUpdates } = await openWorld()
  const other = sandbox.addBot({ username: 'other_bot' })
  const group = sandbox.addGroup({ title: 'Operations', members: [olga.id, bot.id, other.id] })
  for (const text of ['good morning', '/status', '/status@other_bot', 'ask @echo_bot']) {
    sandbox.say(olga.id, group.id, text)
  }
  const heard = (await getUpdates()).map(({ message }) => message)
  expect(heard).toMatchObject([
    { text: '/status', chat: { id: group.id, type: 'supergroup' } },
    { text: 'ask @echo_bot' },
  ])
})

test('a bot writes to its group and to no other', async () => {
  const { sandbox, olga, bot, call } = await openWorld()
  const group = sandbox.addGroup({ title: 'Operations', members: [olga.id, bot.id] })
  const strangers = sandbox.addGroup({ title: 'Strangers', members: [olga.id] })
  const sent = await call('sendMessage', { chat_id: group.id, text: 'hello all' })
  expect(sent).toMatchObject({ result: { chat: { id: group.id } } })
  expect(sandbox.messages(group.id)).toMatchObject([{ text: 'hello all' }])
  expect(await call('sendMessage', { chat_id: strangers.id, text: 'hello' })).toMatchObject({
    description: 'Forbidden: bot is not a member of the supergroup chat',
  })
})

test('getChat describes the chats a bot is in', async () => {
  const { olga, chat_id, call } = await openChat()
  expect((await call('getChat', { chat_id })).result).toMatchObject({ id: olga.id, type: 'private' })
  expect(await call('getChat', { chat_id: 5 })).toMatchObject({ description: 'Bad Request: chat not found' })
})
