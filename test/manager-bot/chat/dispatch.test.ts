import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commands } from '../../../manager-bot/commands/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
})

afterEach(() => bench.close())

describe('commands', () => {
  test('/help lists every command as a link that sends it; its usage is in /help of that command', async () => {
    const [help] = await bench.answers(bench.says('/help'))
    const links = help?.entities.filter(({ type }) => type === 'bot_command')
    for (const { name, summary } of commands) expect(help?.text).toContain(`/${name} — ${summary}\n`)
    expect(links).toHaveLength(commands.length)
    const detail = await bench.answer('/help deploy')
    expect(detail.split('\n')).toEqual(
      expect.arrayContaining(['/deploy <bot> [ref] [--nobackup] [--anyway]', 'Example: /deploy echo-bot main']),
    )
    expect(await bench.answer('/help deplyo')).toContain('Did you mean /help deploy?')
  })

  test('/start greets the owner; a mistyped command gets the closest one', async () => {
    expect(await bench.answer('/start')).toContain('There are no bots yet. Add one: /addbot')
    expect(await bench.answer('/deplyo echo-bot')).toBe('There is no /deplyo\nDid you mean /deploy?')
    expect(await bench.answer('hello')).toBe('I understand commands: /help')
  })

  test('without a bot the bots are offered; with a wrong one they are named', async () => {
    expect(await bench.answer('/deploy')).toContain('no bots yet')
    await bench.register('echo-bot')
    await bench.register('news')
    expect(await bench.answer('/deploy')).toBe('Which bot? /deploy')
    expect(await bench.answer('/logs ecko')).toContain('There is no bot named ecko\nThe bots are: echo-bot, news')
    expect(await bench.answer('/deploy Echo!')).toContain('bot: a bot name is 2 to 31')
    expect(await bench.answer('/bots')).toBe('⚪ echo-bot — not deployed\n⚪ news — not deployed')
    expect(await bench.answer('/status echo-bot')).toContain('Telegram: @echo_bot')
    expect(await bench.answer('/releases news')).toContain('has no releases yet')
    expect(await bench.answer('/rollback news')).toContain('no earlier release that was seen working')
    expect(bench.queued).toEqual([])
  })

  test('/deploy writes the operation down, queues its id and shows it', async () => {
    await bench.register('echo-bot')
    const asked = bench.says('/deploy echo-bot v2')
    const [shown] = await bench.answers(asked)
    expect(shown?.text).toBe(
      'Deploying echo-bot at v2 · #1\n' +
        'If @echo_bot_bot runs somewhere else, stop it there: two would take each other’s updates.\nQueued.',
    )
    expect(shown?.silent).toBe(true)
    expect(bench.queued).toEqual([1])
    expect(await bench.answer('/cancel echo-bot')).toContain('#1 of echo-bot is cancelled; it had not begun.')
    await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.includes('cancelled · #1')))
    expect(await bench.answer('/cancel echo-bot')).toBe('Nothing is queued or running for echo-bot.')
  })

  test('while Redis is down, a deploy is written down and that is said', async () => {
    await bench.register('echo-bot')
    bench.breakQueue()
    const answers = await bench.answers(bench.says('/deploy echo-bot'), 2)
    const texts = answers.map(({ text }) => text).join('\n')
    expect(texts).toContain('Queueing is down: Redis can’t be reached. #1 is written down')
    expect(texts).toContain('Deploying echo-bot at main · #1')
  })

  test('a newer deploy takes the place of a queued one, and both messages say so', async () => {
    await bench.register('echo-bot')
    await bench.answers(bench.says('/deploy echo-bot main'))
    await bench.answers(bench.says('/deploy echo-bot v2'))
    const first = () => bench.said().find(({ text }) => text.includes('· #1'))
    await bench.sandbox.waitFor(() => first()?.text.includes('took its place'))
    expect(bench.said().find(({ text }) => text.includes('· #2'))?.text).toContain('Queued.')
  })
})

describe('who is listened to', () => {
  const settled = async () => {
    bench.says('/help start')
    await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.startsWith('/start')))
  }

  test('a stranger gets silence, however often, and one log line for many messages', async () => {
    bench.sandbox.addPerson({ id: 666, name: 'Mallory' })
    for (let count = 0; count < 30; count++) bench.sandbox.say(666, MANAGER, `/deploy echo-bot ${count}`)
    bench.sandbox.say(666, MANAGER, '/start')
    bench.sandbox.say(666, MANAGER, '/start guess')
    await settled()
    expect(bench.sandbox.conversation(MANAGER, 666).filter(({ from }) => from.is_bot)).toEqual([])
    const strangers = () => bench.entries.filter(({ message }) => message.includes('strangers'))
    await eventually(() => expect(strangers()).toHaveLength(2))
    expect(bench.queued).toEqual([])
  })

  test.each([
    ['forwarded', { forward_origin: { type: 'user', date: 1, sender_user: { id: 1 } }, forward_date: 1 }],
    ['sent through another bot', { via_bot: { id: 7, is_bot: true, first_name: 'x' } }],
    ['of a channel', { sender_chat: { id: -100, type: 'channel', title: 'x' } }],
  ])('a command that was %s is not carried out', async (_, extra) => {
    await bench.register('echo-bot')
    bench.sandbox.deliver(MANAGER, 'message', message('/deploy echo-bot', extra))
    await settled()
    expect(bench.queued).toEqual([])
    expect(bench.said().filter(({ text }) => text.includes('echo-bot'))).toEqual([])
  })

  test('neither is an edited one, nor that of an anonymous admin or a bot', async () => {
    await bench.register('echo-bot')
    bench.sandbox.deliver(MANAGER, 'edited_message', message('/deploy echo-bot', { edit_date: 2 }))
    const anonymous = { from: { id: 1087968824, is_bot: true, first_name: 'Group' } }
    bench.sandbox.deliver(MANAGER, 'message', message('/deploy echo-bot', anonymous))
    await settled()
    expect(bench.queued).toEqual([])
  })

  test('in a group: commands of the owner, in reply; not those for other bots, nor talk', async () => {
    await bench.register('echo-bot')
    bench.sandbox.addPerson({ id: 666, name: 'Mallory' })
    const group = await bench.group(666)
    bench.sandbox.say(666, group.id, '/deploy echo-bot')
    bench.sandbox.say(OWNER, group.id, '/unknown')
    bench.sandbox.say(OWNER, group.id, '/deploy@other_bot echo-bot')
    const asked = bench.sandbox.say(OWNER, group.id, `/deploy@${MANAGER} echo-bot`)
    const shown = await bench.sandbox.waitFor(() => fromBot(group.id)[0])
    expect(shown.text).toContain('Deploying echo-bot at main · #1')
    expect(shown.reply_to).toBe(asked.message_id)
    expect(bench.queued).toEqual([1])
    expect(fromBot(group.id)).toHaveLength(1)
  })

  const fromBot = (group: number) => bench.sandbox.messages(group).filter(({ from }) => from.is_bot)
})

const message = (text: string, extra: Record<string, unknown>) => ({
  message_id: 9000,
  date: Math.floor(Date.now() / 1000),
  chat: { id: OWNER, type: 'private', first_name: 'Olga' },
  from: { id: OWNER, is_bot: false, first_name: 'Olga' },
  text,
  entities: [{ type: 'bot_command', offset: 0, length: text.split(' ')[0]?.length ?? 0 }],
  ...extra,
})
