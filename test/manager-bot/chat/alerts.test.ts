import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mute } from '../../../deploy-engine/index.ts'
import { bindPlace, unbindPlace, WHOLE_CHAT } from '../../../manager-bot/chat/records/bound-place.ts'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { IncidentMessageSchema } from '../../../manager-bot/chat/records/incident-message.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { alertsIn, alertsTo, change, crash, end, labelsOf, repliesTo, sign } from './alert-bench.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

const PETRA = 44

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.privateChat(OWNER, MANAGER)
  await bench.start()
  await bench.register('echo-bot')
  await haveReleases(bench, 'echo-bot', 1)
})

afterEach(() => bench.close())

const until = (text: string, said = () => alertsTo(bench)): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => said().find((message) => message.text.includes(text)), { what: text })

const rows = () => bench.engine.database.read.find(IncidentMessageSchema)

const settled = () => eventually(async () => expect((await rows()).map(({ state }) => state)).toEqual(['over']))

const makeOwner = async (id: number, name: string) => {
  bench.sandbox.addPerson({ id, name })
  bench.sandbox.privateChat(id, MANAGER)
  await bench.engine.database.transaction(async (entities) => {
    await addPerson(entities, { telegramId: id, name, createdAt: 1 })
    await setGrant(entities, { personId: id, botId: 0, role: 'owner', grantedBy: 'test', createdAt: 1 })
  })
}

test('the first sign sounds; what follows is edited into the same message without a sound', async () => {
  await crash(bench, 'echo-bot', { logLines: ['Error: <boom>'] })
  const first = await until('echo-bot crashed: exit code 1')
  expect(first.silent).toBe(false)
  expect(first.text).toContain('Release v1 (1111111 “Change 1”)')
  expect(first.text).toMatch(/It printed last:\nError: <boom>$/)
  expect(labelsOf(first)).toEqual(['Logs', 'Restart', 'Mute 1 h', 'Ack'])
  await crash(bench, 'echo-bot')
  const second = await until('echo-bot crashed 2 times: exit code 1')
  expect(second.message_id).toBe(first.message_id)
  expect(bench.said()).toHaveLength(1)
})

test('its end is an edit and one short silent reply; only the first end has one', async () => {
  const { id } = await crash(bench, 'echo-bot')
  const first = await until('crashed')
  await end(bench, id)
  await until('✓ over: echo-bot crashed: exit code 1')
  const reply = await bench.sandbox.waitFor(() => repliesTo(bench.said(), first)[0], { timeout: 4000 })
  expect(reply).toMatchObject({ text: 'echo-bot — over: fine for 10 minutes', silent: true })
  expect(labelsOf(await until('✓ over'))).toEqual(['Logs'])
  await settled()

  await crash(bench, 'echo-bot')
  const back = await until('echo-bot crashed 2 times: exit code 1')
  expect(back.text).toContain('came back once')
  expect(labelsOf(back)).toContain('Restart')
  await end(bench, id)
  await until('✓ over: echo-bot crashed 2 times')
  await settled()
  expect(bench.said()).toHaveLength(2)
  expect(bench.said().filter(({ silent }) => !silent)).toHaveLength(1)
})

test('many signs in a short time are few edits, of which the last is true', async () => {
  for (let times = 0; times < 40; times++) await crash(bench, 'echo-bot')
  const message = await until('echo-bot crashed 40 times')
  expect(bench.said()).toHaveLength(1)
  expect(message.history.length).toBeLessThan(6)
})

describe('where', () => {
  test('every owner in private, while there is no /here', async () => {
    await makeOwner(PETRA, 'Petra')
    await crash(bench, 'echo-bot')
    await until('crashed')
    await until('crashed', () => alertsTo(bench, PETRA))
    const sent = bench.sandbox.calls.filter(({ method }) => method === 'sendMessage')
    expect(sent.map(({ params }) => params.chat_id).sort()).toEqual([String(OWNER), String(PETRA)])
  })

  test('each group and topic in which an owner said /here, and nobody in private', async () => {
    const { id: group } = await bench.group()
    const forum = bench.sandbox.addGroup({ title: 'Forum', members: [OWNER, bench.manager.id], forum: true }).id
    const topics = [bench.sandbox.addTopic(forum, 'Alerts'), bench.sandbox.addTopic(forum, 'Ops')]
    await bench.engine.database.transaction(async (entities) => {
      for (const threadId of topics) {
        await bindPlace(entities, { chatId: forum, threadId, title: 'x', boundBy: OWNER, createdAt: 1 })
      }
    })
    await crash(bench, 'echo-bot')
    const inForum = () => alertsIn(bench.sandbox.messages(forum))
    await until('crashed', () => alertsIn(bench.sandbox.messages(group)))
    await bench.sandbox.waitFor(() => inForum().length === 2)
    expect(inForum().map(({ thread }) => thread)).toEqual(topics)
    expect(bench.said()).toEqual([])
    await crash(bench, 'echo-bot')
    await bench.sandbox.waitFor(() => inForum().every(({ text }) => text.includes('2 times')))
    expect(inForum()).toHaveLength(2)
  })

  test('who is no owner any more hears no more of it', async () => {
    await makeOwner(PETRA, 'Petra')
    await crash(bench, 'echo-bot')
    await until('crashed', () => alertsTo(bench, PETRA))
    await until('crashed')
    const [question] = await bench.answers(bench.says(`/revoke ${PETRA}`))
    const { message_id, buttons } = question as SandboxMessage
    await bench.sandbox.press(OWNER, MANAGER, message_id, buttons[0]?.[0]?.text ?? '')
    await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.includes('can no longer use')))
    await crash(bench, 'echo-bot')
    await until('2 times')
    expect(alertsTo(bench, PETRA).map(({ text }) => /2 times/.test(text))).toEqual([false])
  })

  test('a group that was let go neither', async () => {
    const { id: group } = await bench.group()
    await crash(bench, 'echo-bot')
    await until('crashed', () => alertsIn(bench.sandbox.messages(group)))
    await bench.engine.database.transaction((entities) => unbindPlace(entities, group, WHOLE_CHAT))
    await crash(bench, 'echo-bot')
    await eventually(async () => expect((await rows()).map(({ state }) => state)).toEqual(['gone']))
    expect(alertsIn(bench.sandbox.messages(group)).map(({ text }) => /2 times/.test(text))).toEqual([false])
  })

  test('what was meant for a group that can’t be reached is told to the owners', async () => {
    const { id: group } = await bench.group()
    bench.sandbox.kick(group, bench.manager.id)
    await crash(bench, 'echo-bot')
    expect((await until('echo-bot crashed')).silent).toBe(false)
  })

  test('what was not told yet in a group that was let go, too', async () => {
    const { id: group } = await bench.group()
    const back = bench.sandbox.fail({ method: 'sendMessage', status: 502, body: '<html></html>' })
    const { id } = await crash(bench, 'echo-bot')
    await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ status }) => status === 502))
    await bench.engine.database.transaction((entities) => unbindPlace(entities, group, WHOLE_CHAT))
    back()
    await eventually(async () => expect(await rows()).toEqual([]))
    bench.engine.changes.emit({ incident: id })
    expect((await until('echo-bot crashed')).silent).toBe(false)
    expect(alertsIn(bench.sandbox.messages(group))).toEqual([])
  })

  test('while nobody owns the manager it waits for an owner', async () => {
    const ownerless = await chatBench({ owner: false })
    try {
      await ownerless.start()
      await ownerless.register('lone-bot')
      const { id } = await crash(ownerless, 'lone-bot')
      ownerless.sandbox.privateChat(OWNER, MANAGER)
      await ownerless.engine.database.transaction(async (entities) => {
        await addPerson(entities, { telegramId: OWNER, name: 'Olga', createdAt: 1 })
        await setGrant(entities, { personId: OWNER, botId: 0, role: 'owner', grantedBy: 'test', createdAt: 1 })
      })
      ownerless.engine.changes.emit({ incident: id })
      await ownerless.sandbox.waitFor(() => alertsTo(ownerless).length === 1)
    } finally {
      await ownerless.close()
    }
  })

  test('a group that becomes a supergroup is told anew, without a sound', async () => {
    const group = bench.sandbox.addGroup({ title: 'Ops', members: [OWNER, bench.manager.id], basic: true }).id
    await bench.engine.database.transaction((entities) =>
      bindPlace(entities, { chatId: group, threadId: 0, title: 'Ops', boundBy: OWNER, createdAt: 1 }),
    )
    await crash(bench, 'echo-bot')
    await until('crashed', () => alertsIn(bench.sandbox.messages(group)))
    const grown = bench.sandbox.migrate(group).id
    await crash(bench, 'echo-bot')
    const again = await until('2 times', () => alertsIn(bench.sandbox.messages(grown)))
    expect(again.silent).toBe(true)
  })
})

describe('told by another one', () => {
  test('before it is sent: it never is', async () => {
    const host = await sign(bench, null, { detail: { found: '3 bots ended within a minute' } })
    await until('3 bots ended')
    const back = bench.sandbox.fail({ method: 'sendMessage', status: 502, body: '<html></html>' })
    const { id } = await crash(bench, 'echo-bot')
    await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ status }) => status === 502))
    await change(bench, id, { partOf: host.id })
    back()
    await eventually(async () => expect(await rows()).toHaveLength(1))
    await end(bench, id)
    await end(bench, host.id)
    await until('✓ over: 3 bots')
    expect(alertsTo(bench)).toHaveLength(1)
  })

  test('after it was sent: its message is deleted', async () => {
    const { id } = await crash(bench, 'echo-bot')
    await until('crashed')
    const host = await sign(bench, null, { detail: { found: '3 bots ended within a minute' } })
    await change(bench, id, { partOf: host.id })
    await bench.sandbox.waitFor(() => alertsTo(bench).every(({ text }) => !text.includes('crashed')))
    await until('3 bots ended')
    await eventually(async () => expect(await rows()).toHaveLength(1))
    // On its own again.
    await change(bench, id, { partOf: null })
    await until('crashed')
  })

  test('too old to be deleted: it says so', async () => {
    const { id } = await crash(bench, 'echo-bot')
    await until('crashed')
    const body = JSON.stringify({ ok: false, error_code: 400, description: "Bad Request: message can't be deleted" })
    bench.sandbox.fail({ method: 'deleteMessage', status: 400, body })
    await change(bench, id, { partOf: 99 })
    await bench.sandbox.waitFor(() => bench.said()[0]?.text.startsWith('This is part of a larger problem'))
    expect(labelsOf(bench.said()[0] as SandboxMessage)).toEqual([])
  })

  test('100 bots within 10 s: one message stays, within the budget of a group', async () => {
    const { id: group } = await bench.group()
    bench.sandbox.limit()
    const said = () => alertsIn(bench.sandbox.messages(group))
    const names = Array.from({ length: 100 }, (_, number) => `bot-${number}`)
    for (const name of names) await bench.register(name)
    const first = [await crash(bench, 'bot-0'), await crash(bench, 'bot-1')]
    const host = await sign(bench, null, { detail: { found: 'Many bots ended at once', bots: names.slice(0, 3) } })
    for (const { id } of first) await change(bench, id, { partOf: host.id })
    for (const name of names.slice(2)) await sign(bench, name, { partOf: host.id })
    await change(bench, host.id, { count: 100, detail: { found: '100 bots ended at once', bots: names } })
    await until('100 bots ended at once', said)
    await bench.sandbox.waitFor(() => said().length === 1)
    expect(bench.sandbox.refusals(bench.manager.id)).toBe(0)
    const spent = bench.sandbox.calls.filter(({ method }) => /^(send|edit|delete)Message/.test(method))
    expect(spent.length).toBeLessThan(10)
  })
})

describe('mute', () => {
  const forAWhile = (bot: string | null, forMs: number) => mute(bench.engine, { bot, forMs, by: `telegram:${OWNER}` })

  test('what begins while it is muted is told at its end, if it is open still', async () => {
    await forAWhile('echo-bot', 60_000)
    await bench.register('other-bot')
    await crash(bench, 'echo-bot')
    await crash(bench, 'other-bot')
    await until('other-bot crashed')
    expect(alertsTo(bench)).toHaveLength(1)
    await forAWhile('echo-bot', 0)
    expect((await until('echo-bot crashed')).silent).toBe(false)
  })

  test('of what is on its way shows as soon as it has arrived', async () => {
    const arrive = bench.sandbox.fail({ method: 'sendMessage', delay: 500 })
    await crash(bench, 'echo-bot')
    // Muted before that, it would not be sent at all.
    await bench.sandbox.waitFor(() => bench.sandbox.calls.some(({ method }) => method === 'sendMessage'))
    await forAWhile('echo-bot', 60_000)
    arrive()
    const shows = () => alertsTo(bench).some(({ text }) => text.includes('Muted until'))
    await bench.sandbox.waitFor(shows, { timeout: 4000 })
  })

  test('what ends while it is muted is never told', async () => {
    await forAWhile('echo-bot', 60_000)
    const { id } = await crash(bench, 'echo-bot')
    await end(bench, id)
    // Its end is looked at meanwhile, while it is muted still.
    await bench.answer('/bots')
    await forAWhile('echo-bot', 0)
    await bench.restart()
    await bench.answer('/bots')
    expect(alertsTo(bench)).toEqual([])
  })

  test('of the server is for the server alone', async () => {
    await forAWhile(null, 60_000)
    await sign(bench, null, { detail: { found: 'Disk almost full' } })
    await crash(bench, 'echo-bot')
    await until('echo-bot crashed')
    expect(alertsTo(bench)).toHaveLength(1)
    await forAWhile(null, 0)
    await until('Disk almost full')
  })
})
