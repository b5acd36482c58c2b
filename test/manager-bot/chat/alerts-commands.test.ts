import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { botByName, currentIncidents } from '../../../deploy-engine/index.ts'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { alertsTo, change, crash, end, labelsOf, sign } from './alert-bench.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

const ANNA = 43

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  bench.sandbox.privateChat(OWNER, MANAGER)
  bench.sandbox.addPerson({ id: ANNA, name: 'Anna' })
  await bench.start()
  for (const name of ['ada', 'bea']) await bench.register(name)
  await haveReleases(bench, 'ada', 2)
  await bench.engine.database.transaction(async (entities) => {
    const { id: botId } = await botByName(entities, 'ada')
    await addPerson(entities, { telegramId: ANNA, name: 'Anna', createdAt: 1 })
    await setGrant(entities, { personId: ANNA, botId, role: 'admin', grantedBy: 'test', createdAt: 1 })
  })
})

afterEach(() => bench.close())

const until = (text: string) =>
  bench.sandbox.waitFor(() => bench.said().find((message) => message.text.includes(text)), { what: text })

const isAlert = ({ text }: SandboxMessage) => / · incident \d+$/m.test(text)

/** The next answer to somebody, alerts left out. */
const ask = async (text: string, person = OWNER): Promise<string> => {
  const { message_id } = bench.says(text, person)
  const answer = () =>
    bench.sandbox
      .conversation(MANAGER, person)
      .find((one) => one.from.is_bot && one.message_id > message_id && !one.text.includes(' — over: ') && !isAlert(one))
  return (await bench.sandbox.waitFor(answer, { what: `an answer to ${text}` })).text
}

describe('/mute', () => {
  test('an hour, a time, and off', async () => {
    expect(await ask('/mute ada')).toMatch(/^ada is muted until .*\d\d:\d\d \(1 h\)\.\nTo end that: \/mute ada off$/)
    expect(await ask('/mute ada 2d')).toContain('(2 d)')
    await crash(bench, 'ada')
    expect(await ask('/incidents')).toMatch(/muted until/)
    expect(alertsTo(bench)).toEqual([])
    expect(await ask('/mute ada off')).toBe('ada may be heard again.')
    await until('ada crashed: exit code 1\nAt')
  })

  test('the server', async () => {
    expect(await ask('/mute host 30m')).toContain('The server is muted until')
    await sign(bench, null, { detail: { found: 'Disk almost full' } })
    await crash(bench, 'ada')
    await until('ada crashed')
    expect(alertsTo(bench)).toHaveLength(1)
    expect(await ask('/mute host 30m', ANNA)).toContain('You have no role for host')
  })

  test.each(['59s', '31d', 'soon', '0m'])('refused: %s', async (time) => {
    expect(await ask(`/mute ada ${time}`)).toContain('time: a time from 1m to 30d, such as 30m, 1h or 2d; or off')
  })

  test('no bot is called host', async () => {
    expect(await ask('/addbot host https://example.org/x.git')).toContain('host is the server itself')
  })
})

describe('/ack', () => {
  test('the only one that is open', async () => {
    expect(await ask('/ack')).toBe('Nothing is wrong now.')
    const { id } = await crash(bench, 'ada')
    expect(await ask('/ack', ANNA)).toBe(`Anna takes care of incident ${id}: ada crashed: exit code 1`)
    await until('Anna takes care of it')
    await end(bench, id)
    expect(await ask(`/ack ${id}`)).toContain('That is over already')
  })

  test('of several the one that is chosen', async () => {
    const ids = [(await crash(bench, 'ada')).id, (await crash(bench, 'bea')).id]
    const absorbed = await sign(bench, null, { detail: { found: 'Disk almost full' } })
    await change(bench, absorbed.id, { partOf: ids[0] ?? 0 })
    expect(await ask('/ack')).toBe('Which one? /ack')
    const question = await until('Which one?')
    expect(labelsOf(question)).toEqual([`${ids[0]}: ada crashed: exit code 1`, `${ids[1]}: bea crashed: exit code 1`])
    await bench.sandbox.press(OWNER, MANAGER, question.message_id, labelsOf(question)[1] ?? '')
    await until(`@olga takes care of incident ${ids[1]}: bea crashed`)
    // Anna sees one of them only.
    expect(await ask('/ack', ANNA)).toContain(`Anna takes care of incident ${ids[0]}`)
  })

  test('one without a role is as one that does not exist', async () => {
    const { id } = await crash(bench, 'bea')
    expect(await ask(`/ack ${id}`, ANNA)).toBe(`There is no incident ${id}\nSee /incidents`)
    expect(await ask('/ack 99', ANNA)).toBe('There is no incident 99\nSee /incidents')
    const [open] = await currentIncidents(bench.engine)
    expect(open?.incident.ackedBy).toBeNull()
  })
})

test('/incidents: what is open and what was, as far as one may see it', async () => {
  expect(await ask('/incidents')).toBe('Nothing is wrong now.')
  const over = await crash(bench, 'bea')
  await end(bench, over.id)
  const open = await crash(bench, 'ada')
  const rolledBack = { release: 1, operation: 12 }
  await change(bench, open.id, { kind: 'crash_loop', detail: { exitCode: 1, rolledBack } })
  const host = await sign(bench, null, { detail: { found: 'Disk almost full' } })
  const all = (await ask('/incidents')).split('\n')
  expect(all).toEqual([
    'Open',
    expect.stringMatching(
      /^⚠ ada crashes over and over: went back to v1 · incident 2 · since \d\d:\d\d \(.*\) · went back to v1 by #12$/,
    ),
    expect.stringMatching(/^⚠ Disk almost full · incident 3 · since/),
    'Over',
    expect.stringMatching(
      /^✓ bea crashed: exit code 1 · incident 1 · \d\d:\d\d to \d\d:\d\d \(.*\) · fine for 10 minutes$/,
    ),
  ])
  const annas = await ask('/incidents', ANNA)
  expect(annas).toContain('ada crashes')
  expect(annas).not.toMatch(/bea|Disk/)
  expect(await ask('/incidents bea', ANNA)).toContain('You have no role for bea')
  expect(await ask('/incidents bea')).toMatch(/^Nothing is wrong with bea now\.\nOver\n✓ bea crashed/)
  await end(bench, host.id, 'space again')
})

test('of what is over the last ten; those of a larger problem only where one asks for that bot', async () => {
  const host = await sign(bench, null, { detail: { found: 'Many bots ended at once' } })
  for (let number = 0; number < 12; number++) {
    const { id } = await sign(bench, 'ada', { fingerprint: `crash ${number}`, at: 1 + number })
    await end(bench, id)
  }
  const part = await sign(bench, 'bea', { partOf: host.id })
  await end(bench, part.id)
  await end(bench, host.id)
  const all = (await ask('/incidents')).split('\n').filter((text) => text.startsWith('✓'))
  expect(all).toHaveLength(10)
  expect(all[0]).toContain('Many bots ended at once')
  expect(all.join()).not.toContain('bea')
  expect(await ask('/incidents bea')).toContain('✓ bea crashed')
})

test('/bots and /status show what is wrong in a line', async () => {
  await crash(bench, 'ada')
  await sign(bench, null, { detail: { found: 'Disk almost full' } })
  expect(await ask('/bots')).toMatch(
    /^⚠ Disk almost full · since \d\d:\d\d\n.*ada .*\n⚠ ada crashed: exit code 1 · since/,
  )
  expect(await ask('/bots', ANNA)).not.toContain('Disk')
  expect((await ask('/status ada')).split('\n')[1]).toMatch(/^⚠ ada crashed: exit code 1 · since \d\d:\d\d$/)
})

test('/set auto_rollback', async () => {
  const ofAda = async () => (await botByName(bench.engine.database.read, 'ada')).autoRollback
  expect(await ofAda()).toBe(true)
  expect(await ask('/set ada auto_rollback=off')).toBe('ada: auto_rollback was on, is off.\nIt holds from now on.')
  expect(await ofAda()).toBe(false)
  expect(await ask('/set ada auto_rollback=maybe')).toContain('takes on or off')
  await ask('/set ada auto_rollback=')
  expect(await ofAda()).toBe(true)
})
