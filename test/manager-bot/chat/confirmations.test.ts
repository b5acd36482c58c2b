import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Operation, requestOperation } from '../../../deploy-engine/index.ts'
import { acceptInto } from '../../../manager-bot/chat/inbox.ts'
import { sweepQuestions } from '../../../manager-bot/chat/questions.ts'
import { addButtons, type Button, ButtonSchema, useButton } from '../../../manager-bot/chat/records/button.ts'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

const ADMIN = 43
const NOT_VALID = 'This button was used, is too old, or is not yours. Send the command instead.'
const IN_TIME = 'Nothing was done: not confirmed within 60 s.\nAsk again: /rollback echo-bot v1'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
  await haveReleases(bench, 'echo-bot', 2)
})

afterEach(() => bench.close())

const ask = async (text = '/rollback echo-bot'): Promise<SandboxMessage> =>
  (await bench.answers(bench.says(text)))[0] as SandboxMessage

const now = ({ message_id }: SandboxMessage): SandboxMessage =>
  bench.chat().find((message) => message.message_id === message_id) as SandboxMessage

const becomes = (message: SandboxMessage, text: string): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => now(message).text.includes(text) && now(message), { what: text })

const press = ({ message_id }: SandboxMessage, label: string) => bench.sandbox.press(OWNER, MANAGER, message_id, label)

const operations = (): Promise<Operation[]> => bench.engine.database.read.find<Operation>('operation')

const labels = (message: SandboxMessage): string[] => message.buttons.flat().map(({ text }) => text)

const buttonOf = (reply: 'yes' | 'no'): Promise<Button> =>
  bench.engine.database.read.findOneByOrFail(ButtonSchema, { reply })

/** Lets a minute pass for what is asked already. */
const expire = () =>
  bench.engine.database.transaction((entities) =>
    entities.update(ButtonSchema, { chatId: OWNER }, { expiresAt: Date.now() - 1 }),
  )

/** A press as Telegram would deliver it, with whatever in it. */
const query = (data: string, message: number, person = OWNER) => ({
  id: String(Math.trunc(Math.random() * 1e9) + 1e9),
  from: { id: person, is_bot: false, first_name: 'X' },
  message: { message_id: message, date: 1, chat: { id: OWNER, type: 'private', first_name: 'X' }, text: 'x' },
  chat_instance: '1',
  data,
})

describe('/rollback asks', () => {
  test('from what to what, and makes the operation when “yes” is pressed, in the same message', async () => {
    const question = await ask()
    expect(question.text).toBe(
      [
        'Roll back from v2 to v1 of echo-bot?',
        'From v2 2222222 “Change 2”',
        'To v1 1111111 “Change 1”',
        'The data in its volumes is kept as it is.',
        'Confirm within 60 s, or nothing is done.',
      ].join('\n'),
    )
    expect(question.buttons).toMatchObject([[{ text: 'Roll back to v1', style: 'danger' }, { text: 'Keep v2' }]])
    expect(bench.queued).toEqual([])
    expect((await press(question, 'Roll back to v1')).text).toBe('')
    const shown = await becomes(question, 'Rolling back echo-bot to v1 · #1')
    expect(labels(shown)).toEqual(['Cancel'])
    expect(bench.said()).toHaveLength(1)
    expect(bench.queued).toEqual([1])
  })

  test('and carries out what was shown, whatever became true since', async () => {
    const question = await ask()
    await haveReleases(bench, 'echo-bot', 1)
    await press(question, 'Roll back to v1')
    await becomes(question, 'Rolling back echo-bot to v1')
    expect(await operations()).toMatchObject([{ args: { release: 1 } }])
  })

  test('and with “no” says that nothing was done', async () => {
    const question = await ask()
    await press(question, 'Keep v2')
    const shown = await becomes(question, 'Keep v2: nothing was done.')
    expect(labels(shown)).toEqual([])
    expect(await operations()).toEqual([])
  })

  test('and says in place of the question what stands against it by then', async () => {
    const question = await ask()
    await bench.engine.database.transaction((entities) => entities.update('release', { number: 1 }, { imageId: null }))
    await press(question, 'Roll back to v1')
    const shown = await becomes(question, 'The image of v1 of echo-bot was removed')
    expect(labels(shown)).toEqual([])
    expect(bench.said()).toHaveLength(1)
  })

  test('but not what can’t be: that is refused at once', async () => {
    expect(await bench.answer('/rollback echo-bot v2')).toContain('is the active release already')
    expect(await bench.answer('/rollback echo-bot v9')).toContain('has no release v9')
  })
})

test('what else asks, and what does not', async () => {
  expect((await ask('/stop echo-bot')).text).toContain(
    'It answers nobody until you start it again, also after a reboot.',
  )
  const removal = await ask('/removebot echo-bot data')
  expect(removal.text).toContain('Remove echo-bot and its data? @echo_bot_bot answers nobody then.')
  expect(labels(removal)).toEqual(['Remove echo-bot and its data', 'Keep echo-bot'])
  expect(await operations()).toEqual([])
  await press(removal, 'Remove echo-bot and its data')
  await becomes(removal, 'Removing echo-bot')
  expect(await operations()).toMatchObject([{ kind: 'remove', args: { data: true } }])
})

describe('nobody but who asked, and only once', () => {
  test('another admin is refused', async () => {
    await bench.engine.database.transaction(async (entities) => {
      await addPerson(entities, { telegramId: ADMIN, name: 'Adam', createdAt: 1 })
      await setGrant(entities, { personId: ADMIN, botId: 0, role: 'admin', grantedBy: 'x', createdAt: 1 })
    })
    bench.sandbox.addPerson({ id: ADMIN, name: 'Adam' })
    const group = bench.sandbox.addGroup({ title: 'Ops', members: [OWNER, ADMIN, bench.manager.id] })
    const shown = (text: string) =>
      bench.sandbox.waitFor(() => bench.sandbox.messages(group.id).findLast((one) => one.text.includes(text)))
    bench.sandbox.say(OWNER, group.id, '/here')
    await shown('Ops')
    bench.sandbox.say(OWNER, group.id, '/rollback echo-bot')
    const question = await shown('Roll back from')
    const answer = await bench.sandbox.press(ADMIN, group.id, question.message_id, 'Roll back to v1')
    expect(answer).toMatchObject({ text: NOT_VALID, show_alert: true })
    expect(await operations()).toEqual([])
    await bench.sandbox.press(OWNER, group.id, question.message_id, 'Roll back to v1')
    await shown('Rolling back echo-bot to v1')
  })

  test('of two presses at once one counts; a replay counts for nothing', async () => {
    const question = await ask()
    const [yes] = question.buttons.flat()
    const answers = await Promise.all(['Roll back to v1', 'Keep v2'].map((label) => press(question, label)))
    expect(answers.filter(({ text }) => text === NOT_VALID)).toHaveLength(1)
    bench.sandbox.deliver(MANAGER, 'callback_query', query(yes?.callback_data ?? '', question.message_id))
    await bench.answer('/bots')
    const made = await operations()
    expect(made.length).toBe(answers[0]?.text === NOT_VALID ? 0 : 1)
    expect(bench.queued).toEqual(made.map(({ id }) => id))
  })
})

describe('after a minute', () => {
  test('the question says that nothing was done, and its buttons are gone', async () => {
    const question = await ask()
    const chat = await bench.restart()
    await sweepQuestions(bench.engine, chat.outbox)
    expect(labels(now(question))).toHaveLength(2)
    const later = { ...bench.engine, clock: { ...bench.engine.clock, now: () => Date.now() + 60_001 } }
    await sweepQuestions(later, chat.outbox)
    const shown = await becomes(question, IN_TIME)
    expect(labels(shown)).toEqual([])
    expect(await bench.engine.database.read.countBy(ButtonSchema, {})).toBe(0)
    expect(await operations()).toEqual([])
  })

  test('by itself, also when that minute ended while no manager ran', async () => {
    const question = await ask()
    await bench.stop()
    await expire()
    await bench.restart()
    await becomes(question, IN_TIME)
  })

  test('a press that comes before the sweep is refused', async () => {
    const question = await ask()
    await bench.engine.database.transaction((entities) =>
      entities.update(ButtonSchema, { reply: 'no' }, { reply: null, expiresAt: Date.now() - 1 }),
    )
    expect((await press(question, 'Keep v2')).text).toBe(NOT_VALID)
    expect(now(question).text).toBe(question.text)
  })

  test('answered questions are left alone', async () => {
    const question = await ask()
    await press(question, 'Roll back to v1')
    await becomes(question, 'Rolling back echo-bot to v1')
    await expire()
    const chat = await bench.restart()
    await sweepQuestions(bench.engine, chat.outbox)
    await bench.answer('/bots')
    expect(now(question).text).toContain('Rolling back echo-bot to v1')
  })
})

describe('a kill', () => {
  test('between question and press changes nothing', async () => {
    const question = await ask()
    await bench.restart()
    await press(question, 'Roll back to v1')
    await becomes(question, 'Rolling back echo-bot to v1 · #1')
  })

  const killedAfterPress = async (question: SandboxMessage): Promise<void> => {
    await bench.stop()
    const { nonce } = await buttonOf('yes')
    const update = { update_id: 990_000, callback_query: query(nonce, question.message_id) }
    await acceptInto(bench.engine, [update as never])
    const at = { chatId: OWNER, messageId: question.message_id, personId: OWNER }
    const used = { ...at, nonce, updateId: 990_000, nextNonce: 'x' }
    await bench.engine.database.transaction((entities) => useButton(entities, used, Date.now()))
    await expire()
    await bench.engine.database.transaction((entities) => addButtons(entities, [], Date.now()))
  }

  test('between press and deed: it is done after the start, however late', async () => {
    const question = await ask()
    await killedAfterPress(question)
    await bench.restart()
    await becomes(question, 'Rolling back echo-bot to v1 · #1')
    expect(bench.queued).toEqual([1])
  })

  test('between the deed and its note: the operation is made once', async () => {
    const question = await ask()
    await killedAfterPress(question)
    const request = {
      kind: 'rollback',
      bot: 'echo-bot',
      args: { release: 1 },
      requestedBy: `telegram:${OWNER}`,
    } as const
    await requestOperation(bench.engine, { ...request, requestKey: 'telegram:990000' })
    await bench.restart()
    await becomes(question, 'Rolling back echo-bot to v1 · #1')
    await bench.answer('/bots')
    expect(await operations()).toHaveLength(1)
  })
})
