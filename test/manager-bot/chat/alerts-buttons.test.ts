import { afterEach, beforeEach, expect, test } from 'vitest'
import { botByName } from '../../../deploy-engine/index.ts'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import type { Role } from '../../../manager-bot/role.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { alertsIn, crash, end, labelsOf, sign } from './alert-bench.ts'
import { type ChatBench, chatBench, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

// An alert in a group is for whoever has the role, not for one person.

const ANNA = 43
const VERA = 44
const OTTO = 45
const MALLORY = 666

let bench: ChatBench
let group: number
let alert: SandboxMessage
let incident: number

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
  await bench.register('other-bot')
  await haveReleases(bench, 'echo-bot', 2)
  await grant(ANNA, 'Anna', 'admin', 'echo-bot')
  await grant(VERA, 'Vera', 'viewer', 'echo-bot')
  await grant(OTTO, 'Otto', 'admin', 'other-bot')
  bench.sandbox.addPerson({ id: MALLORY, name: 'Mallory' })
  group = (await bench.group(ANNA, VERA, OTTO, MALLORY)).id
  incident = (await crash(bench, 'echo-bot', { lastGood: 1 })).id
  alert = await until('echo-bot crashed')
})

afterEach(() => bench.close())

const grant = async (id: number, name: string, role: Role, bot: string) => {
  bench.sandbox.addPerson({ id, name })
  await bench.engine.database.transaction(async (entities) => {
    const { id: botId } = await botByName(entities, bot)
    await addPerson(entities, { telegramId: id, name, createdAt: 1 })
    await setGrant(entities, { personId: id, botId, role, grantedBy: 'test', createdAt: 1 })
  })
}

const said = () => bench.sandbox.messages(group).filter(({ from, deleted }) => from.is_bot && !deleted)

const until = (text: string): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => said().find((message) => message.text.includes(text)), { what: text })

const now = (): SandboxMessage => alertsIn(bench.sandbox.messages(group)).at(-1) as SandboxMessage

const press = (person: number, label: string) => bench.sandbox.press(person, group, alert.message_id, label)

const done = { answered: true, text: '' }

test('whoever has the role presses; the buttons stay', async () => {
  expect(labelsOf(alert)).toEqual(['Logs', 'Restart', 'Roll back', 'Mute 1 h', 'Ack'])
  expect(await press(ANNA, 'Restart')).toMatchObject(done)
  await until('Restarting echo-bot')
  expect(bench.queued).toHaveLength(1)
  await eventually(() => expect(labelsOf(now())).toEqual(labelsOf(alert)))
  expect(await press(VERA, 'Logs')).toMatchObject(done)
  await until('echo-bot has no version yet')
  expect(await press(OWNER, 'Roll back')).toMatchObject(done)
  expect(labelsOf(await until('Roll back from v2 to v1 of echo-bot?'))).toContain('Roll back to v1')
})

test('who may not is told so, and uses nothing up', async () => {
  expect((await press(VERA, 'Restart')).text).toBe('Only admins of echo-bot may use /restart on it')
  expect((await press(OTTO, 'Restart')).text).toBe('You have no role for echo-bot')
  expect((await press(OTTO, 'Logs')).text).toBe('You have no role for echo-bot')
  const before = said().length
  const strangers = press(MALLORY, 'Restart')
  expect(await press(ANNA, 'Restart')).toMatchObject(done)
  await until('Restarting echo-bot')
  expect(bench.queued).toHaveLength(1)
  expect(said()).toHaveLength(before + 1)
  void strangers
})

test('of two who press at the same time one wins', async () => {
  const answers = await Promise.all([press(ANNA, 'Restart'), press(OWNER, 'Restart')])
  await until('Restarting echo-bot')
  expect(answers.map(({ text }) => text).filter((text) => text === '')).toHaveLength(1)
  expect(answers.map(({ text }) => text).join('')).toContain('This button was used')
  expect(bench.queued).toHaveLength(1)
})

test('Ack and Mute show in the message itself, and nothing is said beside', async () => {
  expect(await press(ANNA, 'Ack')).toMatchObject(done)
  const taken = await until('Anna takes care of it')
  expect(taken.message_id).toBe(alert.message_id)
  expect(labelsOf(now())).toEqual(['Logs', 'Restart', 'Roll back', 'Mute 1 h'])
  expect(await press(ANNA, 'Mute 1 h')).toMatchObject(done)
  await until('Muted until')
  expect(await press(OWNER, 'Unmute')).toMatchObject(done)
  await bench.sandbox.waitFor(() => labelsOf(now()).includes('Mute 1 h'))
  expect(said()).toHaveLength(1)
})

test('Ack by somebody who has no role for that bot is refused aloud', async () => {
  expect(await press(OTTO, 'Ack')).toMatchObject(done)
  await until('There is no incident')
  expect(now().text).not.toContain('takes care')
})

test('what concerns the server is for those who have a role for all bots', async () => {
  await end(bench, incident)
  await sign(bench, null, { detail: { found: 'Disk almost full' } })
  alert = await until('Disk almost full')
  expect(labelsOf(alert)).toEqual(['Mute 1 h', 'Ack'])
  expect((await press(ANNA, 'Mute 1 h')).text).toBe('You have no role for host')
  expect(await press(OWNER, 'Mute 1 h')).toMatchObject(done)
  await until('Muted until')
})

test('once it is over only its logs are left, and what was pressed too late is refused', async () => {
  const restart = (await until('echo-bot crashed')).buttons.flat().find(({ text }) => text === 'Restart')
  await end(bench, incident)
  await until('✓ over')
  await bench.sandbox.waitFor(() => labelsOf(now()).join() === 'Logs')
  bench.sandbox.deliver(bench.manager.username, 'callback_query', {
    id: '1',
    from: { id: ANNA, is_bot: false, first_name: 'Anna' },
    message: { message_id: alert.message_id, date: 1, chat: { id: group, type: 'supergroup' }, text: 'x' },
    chat_instance: '1',
    data: restart?.callback_data,
  })
  expect(await press(VERA, 'Logs')).toMatchObject(done)
  await until('echo-bot has no version yet')
  expect(bench.queued).toEqual([])
})
