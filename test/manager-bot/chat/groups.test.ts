import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { boundPlaces } from '../../../manager-bot/chat/records/bound-place.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const ANNA = 43
const MALLORY = 666
const ASK = 'I take commands here after an owner says /here'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.addPerson({ id: ANNA, name: 'Anna', username: 'anna' })
  bench.sandbox.addPerson({ id: MALLORY, name: 'Mallory' })
  await bench.start()
  await bench.register('echo-bot')
  await bench.answer(`/grant ${ANNA} admin`)
})

afterEach(() => bench.close())

const addGroup = (more: { forum?: true; basic?: true } = {}): number =>
  bench.sandbox.addGroup({ title: 'Ops', members: [OWNER, ANNA, MALLORY, bench.manager.id], ...more }).id

const saidIn = (group: number) => bench.sandbox.messages(group).filter(({ from }) => from.is_bot)

const say = (person: number, group: number, text: string, topic?: number) =>
  bench.sandbox.say(person, group, text, topic === undefined ? {} : { topic })

/** What the manager answers there. */
const told = async (person: number, group: number, text: string, topic?: number): Promise<string> => {
  const before = saidIn(group).length
  say(person, group, text, topic)
  return (await bench.sandbox.waitFor(() => saidIn(group)[before], { what: `an answer to ${text}` })).text
}

const places = async () =>
  (await boundPlaces(bench.engine.database.read)).map(({ chatId, threadId, title }) => [chatId, threadId, title])

const deploy = `/deploy@${MANAGER} echo-bot`

test('in a group commands are taken once an owner says /here, and until /here off', async () => {
  const group = addGroup()
  expect(await told(ANNA, group, deploy)).toBe(ASK)
  expect(await told(ANNA, group, `/here@${MANAGER}`)).toContain('Only owners may use /here')
  expect(bench.queued).toEqual([])
  expect(await told(OWNER, group, `/here@${MANAGER}`)).toContain('I take commands in Ops from people I know')
  expect(await told(ANNA, group, deploy)).toContain('Deploying echo-bot')
  expect(await places()).toEqual([[group, 0, 'Ops']])
  expect(await told(OWNER, group, `/here@${MANAGER} off`)).toContain('I take no more commands in Ops')
  expect(await places()).toEqual([])
  expect(await told(OWNER, group, `/here@${MANAGER} off`)).toBe('I take no commands here as it is\nBegin with /here.')
  expect(bench.queued).toEqual([1])
})

test('the hint about /here comes once a minute', async () => {
  const group = addGroup()
  expect(await told(ANNA, group, deploy)).toBe(ASK)
  say(ANNA, group, deploy)
  say(OWNER, group, deploy)
  expect(await told(OWNER, group, `/here@${MANAGER}`)).toContain('I take commands in Ops')
  expect(bench.queued).toEqual([])
})

test('strangers in a bound group meet silence', async () => {
  const group = addGroup()
  await told(OWNER, group, `/here@${MANAGER}`)
  for (const text of [deploy, `/here@${MANAGER} off`, `/start@${MANAGER}`, '/bots']) say(MALLORY, group, text)
  expect(await told(ANNA, group, `/bots@${MANAGER}`)).toContain('echo-bot')
  expect(saidIn(group)).toHaveLength(2)
  expect(bench.queued).toEqual([])
})

test('an anonymous admin and a channel are refused, also where commands are taken', async () => {
  const group = addGroup()
  await told(OWNER, group, `/here@${MANAGER}`)
  // Even if somebody takes the ids that stand for all of them for a person's.
  for (const everybody of [1087968824, 136817688]) await bench.answer(`/grant ${everybody} admin`)
  bench.sandbox.promote(group, OWNER)
  bench.sandbox.say(OWNER, group, deploy, { anonymous: true })
  bench.sandbox.deliver(MANAGER, 'message', {
    message_id: 9000,
    date: Math.floor(Date.now() / 1000),
    chat: { id: group, type: 'supergroup', title: 'Ops' },
    from: { id: 136817688, is_bot: true, first_name: 'Channel' },
    sender_chat: { id: -1002000000001, type: 'channel', title: 'News' },
    text: deploy,
  })
  expect(await told(ANNA, group, `/bots@${MANAGER}`)).toContain('echo-bot')
  expect(bench.queued).toEqual([])
})

test('edited and forwarded commands are refused in silence', async () => {
  const group = addGroup()
  await told(OWNER, group, `/here@${MANAGER}`)
  bench.sandbox.say(OWNER, group, deploy, { forwarded: ANNA })
  const { message_id } = say(OWNER, group, `/bots@${MANAGER}`)
  await bench.sandbox.waitFor(() => saidIn(group).length === 2)
  bench.sandbox.edit(OWNER, group, message_id, deploy)
  expect(await told(ANNA, group, `/help@${MANAGER} deploy`)).toContain('/deploy <bot> [ref]')
  expect(bench.queued).toEqual([])
})

describe('topics', () => {
  test('/here in a topic is for that topic alone', async () => {
    const group = addGroup({ forum: true })
    const topic = bench.sandbox.addTopic(group, 'Deploys')
    const other = bench.sandbox.addTopic(group, 'Talk')
    expect(await told(OWNER, group, `/here@${MANAGER}`, topic)).toContain('I take commands in Ops')
    expect((await places()).map(([chat, thread]) => [chat, thread])).toEqual([[group, topic]])
    expect(await told(ANNA, group, deploy, topic)).toContain('Deploying echo-bot')
    expect(await told(ANNA, group, deploy, other)).toBe(ASK)
    say(ANNA, group, deploy)
    expect(await told(ANNA, group, `/bots@${MANAGER}`, topic)).toContain('echo-bot')
    expect(bench.queued).toEqual([1])
  })

  test('/here in General is for the whole group', async () => {
    const group = addGroup({ forum: true })
    const topic = bench.sandbox.addTopic(group, 'Deploys')
    await told(OWNER, group, `/here@${MANAGER}`, topic)
    await told(OWNER, group, `/here@${MANAGER}`)
    expect(await places()).toEqual([[group, 0, 'Ops']])
    expect(await told(ANNA, group, deploy, topic)).toContain('Deploying echo-bot')
    for (const text of [`/here@${MANAGER}`, `/here@${MANAGER} off`]) {
      expect(await told(OWNER, group, text, topic)).toContain('I take commands in all of this group')
    }
    expect(await told(OWNER, group, `/here@${MANAGER} off`)).toContain('I take no more commands')
    expect(await places()).toEqual([])
  })
})

test('a group that becomes a supergroup stays bound', async () => {
  const group = addGroup({ basic: true })
  await told(OWNER, group, `/here@${MANAGER}`)
  const grown = bench.sandbox.migrate(group).id
  expect(await told(ANNA, grown, deploy)).toContain('Deploying echo-bot')
  expect(await places()).toEqual([[grown, 0, 'Ops']])
})

test('its menu is what admins use, and goes with /here off', async () => {
  const group = addGroup()
  const menu = () => bench.sandbox.menu(ANNA, group).map(({ command }) => command.split('@')[0])
  await told(OWNER, group, `/here@${MANAGER}`)
  await bench.sandbox.waitFor(() => menu().includes('deploy'))
  expect(menu()).not.toContain('grant')
  await told(OWNER, group, `/here@${MANAGER} off`)
  await bench.sandbox.waitFor(() => menu().join() === 'start')
})

test('a button in a group that was let go does nothing', async () => {
  const group = addGroup()
  await told(OWNER, group, `/here@${MANAGER}`)
  say(OWNER, group, `/deploy@${MANAGER}`)
  const asked = await bench.sandbox.waitFor(() => saidIn(group)[1])
  await told(OWNER, group, `/here@${MANAGER} off`)
  const answer = await bench.sandbox.press(OWNER, group, asked.message_id, 'echo-bot')
  expect(answer.text).toBe(ASK)
  expect(bench.queued).toEqual([])
})

test('/here is for groups', async () => {
  expect(await bench.answer('/here')).toBe(
    '/here is for groups and topics\nIn our private chat I always take your commands',
  )
})
