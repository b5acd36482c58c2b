import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Operation } from '../../../deploy-engine/index.ts'
import { ButtonSchema, buttonsAt } from '../../../manager-bot/chat/records/button.ts'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

const VIEWER = 43

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
})

afterEach(() => bench.close())

const ask = async (text: string): Promise<SandboxMessage> =>
  (await bench.answers(bench.says(text)))[0] as SandboxMessage

const now = ({ message_id }: SandboxMessage): SandboxMessage =>
  bench.chat().find((message) => message.message_id === message_id) as SandboxMessage

const becomes = (message: SandboxMessage, text: string): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => now(message).text.includes(text) && now(message), { what: text })

const press = async (message: SandboxMessage, label: string): Promise<void> => {
  expect(await bench.sandbox.press(OWNER, MANAGER, message.message_id, label)).toMatchObject({ text: '' })
}

const labels = ({ buttons }: SandboxMessage): string[][] => buttons.map((row) => row.map(({ text }) => text))

const said = (text: string): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => bench.said().find((message) => message.text.includes(text)), { what: text })

const registerMany = async (count: number): Promise<void> => {
  for (let number = 1; number <= count; number++) await bench.register(`bot-${String(number).padStart(2, '0')}`)
}

describe('a command without its bot', () => {
  test('offers the bots two by two; the one that is pressed is carried out in place', async () => {
    for (const name of ['ada', 'bea', 'cleo']) await bench.register(name)
    const question = await ask('/deploy')
    expect(question.text).toBe('Which bot? /deploy')
    expect(labels(question)).toEqual([['ada', 'bea'], ['cleo']])
    await press(question, 'bea')
    await becomes(question, 'Deploying bea at main · #1')
    expect(bench.said()).toHaveLength(1)
    expect(bench.queued).toEqual([1])
  })

  test('names that are too long for half of a phone come one below the other', async () => {
    for (const name of ['a-bot-with-a-long-name', 'bea', 'cleo', 'dora']) await bench.register(name)
    expect(labels(await ask('/deploy'))).toEqual([['a-bot-with-a-long-name'], ['bea'], ['cleo', 'dora']])
  })

  test('with more than 20 bots there are pages', async () => {
    await registerMany(43)
    const question = await ask('/releases')
    expect(labels(question).flat()).toHaveLength(21)
    expect(labels(question).at(-1)).toEqual(['›'])
    await press(question, '›')
    await bench.sandbox.waitFor(() => labels(now(question)).flat().includes('bot-21'))
    expect(labels(now(question)).at(-1)).toEqual(['‹', '›'])
    await press(now(question), '›')
    await bench.sandbox.waitFor(() => labels(now(question)).flat().includes('bot-43'))
    expect(labels(now(question))).toEqual([['bot-41', 'bot-42'], ['bot-43'], ['‹']])
    await press(now(question), 'bot-43')
    await becomes(question, 'bot-43 has no releases yet')
    expect(labels(now(question))).toEqual([])
  })

  test('goes on to its question, and from there to the operation, all in one message', async () => {
    await bench.register('echo-bot')
    await haveReleases(bench, 'echo-bot', 2)
    const message = await ask('/rollback')
    await press(message, 'echo-bot')
    await becomes(message, 'Roll back from v2 to v1 of echo-bot?')
    await press(message, 'Roll back to v1')
    await becomes(message, 'Rolling back echo-bot to v1 · #1')
    expect(bench.said()).toHaveLength(1)
  })

  test('that fails says so in place', async () => {
    await bench.register('echo-bot')
    const message = await ask('/rollback')
    await press(message, 'echo-bot')
    await becomes(message, 'no earlier release')
    expect(labels(now(message))).toEqual([])
  })
})

describe('/bots is a panel', () => {
  test('from all bots to one and back, by edits of one message', async () => {
    await bench.register('echo-bot')
    await bench.register('news')
    await haveReleases(bench, 'echo-bot', 2)
    const panel = await ask('/bots')
    expect(panel.text).toBe('🔴 echo-bot — its container is gone · v2\n⚪ news — not deployed')
    expect(labels(panel)).toEqual([['echo-bot', 'news'], ['⟳ Refresh']])
    await press(panel, 'echo-bot')
    await becomes(panel, 'Telegram: @echo_bot_bot')
    expect(labels(now(panel))).toEqual([
      ['Run', 'Deploy'],
      ['Roll back', 'Logs', 'Releases'],
      ['⟳ Refresh', '‹ All bots'],
    ])
    await press(now(panel), '‹ All bots')
    await becomes(panel, '⚪ news')
    await press(now(panel), 'news')
    await becomes(panel, 'Telegram: @news_bot')
    expect(labels(now(panel))).toEqual([['Deploy'], ['⟳ Refresh', '‹ All bots']])
    expect(bench.said()).toHaveLength(1)
  })

  test('an action gets its own message, and the panel can be used on', async () => {
    await bench.register('echo-bot')
    await haveReleases(bench, 'echo-bot', 2)
    const panel = await ask('/status echo-bot')
    const before = labels(panel)
    await press(panel, 'Releases')
    expect((await said('Releases of echo-bot')).reply_to).toBeUndefined()
    await press(now(panel), 'Deploy')
    await said('Deploying echo-bot at main · #1')
    const stale = panel.buttons.flat().find(({ text }) => text === 'Deploy')?.callback_data
    await bench.sandbox.waitFor(
      () =>
        !now(panel)
          .buttons.flat()
          .some(({ callback_data }) => callback_data === stale),
    )
    expect(labels(now(panel))).toEqual(before)
    await press(now(panel), 'Roll back')
    await said('Roll back from v2 to v1')
    expect(now(panel).text).toBe(panel.text)
    await press(now(panel), '⟳ Refresh')
    await becomes(panel, 'Operation #1: deploy, queued')
    expect(labels(now(panel))).toContainEqual(['Cancel #1'])
  })

  test('a second press of the button that was shown does nothing', async () => {
    await bench.register('echo-bot')
    const panel = await ask('/status echo-bot')
    const both = ['Deploy', 'Deploy'].map((label) => bench.sandbox.press(OWNER, MANAGER, panel.message_id, label))
    expect((await Promise.all(both)).map(({ text }) => text).sort()[1]).toContain('This button was used')
    await bench.answer('/help')
    expect(bench.queued).toEqual([1])
  })

  test('a viewer sees one bot, and what viewers may do', async () => {
    await bench.register('echo-bot')
    await bench.register('news')
    await haveReleases(bench, 'echo-bot', 2)
    bench.sandbox.addPerson({ id: VIEWER, name: 'Vera' })
    await bench.engine.database.transaction(async (entities) => {
      const { id } = await entities.findOneByOrFail<{ id: number; name: string }>('bot', { name: 'echo-bot' })
      await addPerson(entities, { telegramId: VIEWER, name: 'Vera', createdAt: 1 })
      await setGrant(entities, { personId: VIEWER, botId: id, role: 'viewer', grantedBy: 'x', createdAt: 1 })
    })
    const shown = () => bench.sandbox.conversation(MANAGER, VIEWER).findLast(({ from }) => from.is_bot)
    bench.says('/bots', VIEWER)
    const panel = await bench.sandbox.waitFor(shown)
    expect(labels(panel)).toEqual([['echo-bot'], ['⟳ Refresh']])
    await bench.sandbox.press(VIEWER, MANAGER, panel.message_id, 'echo-bot')
    await bench.sandbox.waitFor(() => shown()?.text.includes('Telegram:'))
    expect(labels(shown() as SandboxMessage)).toEqual([
      ['Logs', 'Releases'],
      ['⟳ Refresh', '‹ All bots'],
    ])
  })
})

describe('an operation’s message', () => {
  const cancelRequested = async (id: number): Promise<boolean> =>
    (await bench.engine.database.read.findOneByOrFail<Operation>('operation', { id })).cancelRequested

  /** Labels of what can still be pressed. */
  const kept = async ({ message_id }: SandboxMessage): Promise<string[]> =>
    (await buttonsAt(bench.engine.database.read, { chatId: OWNER, messageId: message_id })).map(({ label }) => label)

  const LIVE = { release: 2, sha: '3f2c1ab9d0', proof: 'live', running: 2, gapMs: 400 } as const

  test('offers to cancel it, and no other operation', async () => {
    await bench.register('echo-bot')
    await haveReleases(bench, 'echo-bot', 2)
    const first = await ask('/deploy echo-bot')
    await moveOn(bench, 1, { state: 'running', steps: [{ name: 'fetch', state: 'started' }] })
    await becomes(first, 'Fetch')
    const second = await ask('/restart echo-bot')
    await press(second, 'Cancel')
    await becomes(second, 'cancelled · #2')
    expect(labels(now(second))).toEqual([])
    expect(await cancelRequested(1)).toBe(false)
    await press(now(first), 'Cancel')
    await becomes(first, 'Being cancelled')
    await bench.sandbox.waitFor(() => labels(now(first)).length === 0)
    expect(await bench.engine.database.read.findBy(ButtonSchema, { messageId: first.message_id })).toMatchObject([
      { label: 'Cancel', usedBy: expect.any(Number) },
    ])
  })

  test('is not needed for it: /cancel alone offers what goes on', async () => {
    expect(await bench.answer('/cancel')).toContain('Nothing to cancel here')
    await bench.register('echo-bot')
    const message = await ask('/deploy echo-bot')
    const question = await ask('/cancel')
    expect(labels(question)).toEqual([['#1: deploy of echo-bot']])
    await press(question, '#1: deploy of echo-bot')
    await becomes(question, '#1 of echo-bot is cancelled')
    await becomes(message, 'cancelled · #1')
  })

  test('offers logs and the way back where a version was replaced; both stay', async () => {
    await bench.register('echo-bot')
    await haveReleases(bench, 'echo-bot', 2)
    const message = await ask('/deploy echo-bot')
    await moveOn(bench, 1, { state: 'succeeded', outcome: LIVE, endedAt: 1 })
    await becomes(message, 'No version ran for 0.4 s')
    expect(labels(now(message))).toEqual([['Logs', 'Roll back']])
    expect(await kept(message)).toEqual(['Logs', 'Roll back'])
    await press(now(message), 'Roll back')
    const question = await said('Roll back from v2 to v1')
    await bench.restart()
    await press(question, 'Keep v2')
    await becomes(question, 'Keep v2: nothing was done.')
    await press(now(message), 'Roll back')
    expect(labels(now(message))).toEqual([['Logs', 'Roll back']])
  })

  test('of a stop offers to start it again', async () => {
    await bench.register('echo-bot')
    await haveReleases(bench, 'echo-bot', 1)
    const message = await ask('/stop echo-bot')
    await press(message, 'Stop echo-bot')
    await becomes(message, 'Stopping echo-bot · #1')
    await moveOn(bench, 1, { state: 'succeeded', outcome: { stopped: 1, running: null }, endedAt: 1 })
    await becomes(message, 'v1 is stopped.')
    expect(labels(now(message))).toEqual([['Run']])
    await press(now(message), 'Run')
    await said('Starting echo-bot · #2')
  })

  test('of a failure offers to try the same again', async () => {
    await bench.register('echo-bot')
    const message = await ask('/deploy echo-bot v2')
    const outcome = { running: 1, error: { code: 'exited' as const, message: 'It exited with code 1' } }
    await moveOn(bench, 1, { state: 'failed', outcome, endedAt: 1 })
    await becomes(message, 'Not deployed')
    expect(labels(now(message))).toEqual([['Try again', 'Logs']])
    await press(now(message), 'Try again')
    await said('Deploying echo-bot at v2 · #2')
  })
})
