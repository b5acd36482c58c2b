import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiCall, SandboxMessage } from '../../telegram-sandbox/index.ts'
import { BOTS, type ChatCommand, chatCommands, type Kind, SETTLED } from '../helpers/chat-commands.ts'
import { addIdleBot } from '../helpers/deployed-bot.ts'
import { type Installation, installation } from '../helpers/installation.ts'
import { databaseShows, rows } from '../helpers/journal.ts'
import { addBoundGroup, addKnownPeople } from '../helpers/known-people.ts'
import { noteChanges, notedChanges } from '../helpers/note-changes.ts'

// SIGKILL at random moments under 200 commands: each is carried out once, and answered once.

const SEED = Number(process.env.TBS_TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31))
const COUNTS = { set: 60, grant: 50, invite: 15, deploy: 45, look: 30 }
const PEOPLE = [1101, 1102, 1103, 1104, 1105, 1106, 1107, 1108]
const KILLS = 10

type Sent = ChatCommand & { message: SandboxMessage }
/** How long one process of the manager lives: from its begin, or from its first poll on. */
type Life = { isEarly: boolean; ms: number }

let here: Installation
let group: number
const sent: Sent[] = []
/** When each process after the first was begun, ms since the epoch. */
const begun: number[] = []

beforeAll(async () => {
  here = await installation()
  await here.start()
  for (const name of [SETTLED, ...BOTS]) await addIdleBot(here, name, { says: 'never' })
  await addKnownPeople(
    here,
    PEOPLE.map((id) => ({ id, name: `Person ${id}`, role: 'owner' })),
  )
  group = await addBoundGroup(here, PEOPLE)
  await noteChanges(here.dataDir, [
    { table: 'bots', on: 'UPDATE OF branch', says: "coalesce(OLD.branch, 'not set') || ' → ' || NEW.branch" },
    { table: 'grants', on: 'INSERT', says: 'NEW.person_id' },
    { table: 'grants', on: 'UPDATE OF created_at', says: 'NEW.person_id' },
    { table: 'invitations', on: 'INSERT', says: 'NEW.invited_by' },
    { table: 'operations', on: 'INSERT', says: "json_extract(NEW.args, '$.ref') || ' ' || NEW.requested_by" },
  ])
})

afterAll(() => here.close())

test(`${KILLS} kills under 200 commands: each is carried out and answered once (TBS_TEST_SEED=${SEED})`, async () => {
  await liveThroughKills()
  await here.sandbox.waitFor(() => here.sandbox.pending(here.manager.id) === 0, { timeout: 30_000 })
  await databaseShows(here.dataDir, { query: ALL_DONE, what: 'nothing is left to be done or said' })
  const repeated = sent.flatMap((one) => answersTo(one).slice(1))
  console.log(`TBS_TEST_SEED=${SEED}: ${repeated.length} answers that were cut off came again`)

  await everyEffectOnce()
  for (const one of sent) expect(onceEach(answersTo(one), one), one.text).toHaveLength(1)
  for (const chat of [group, ...PEOPLE]) inOrder(chat)
  await everyEndOnce()
  expect(here.output()).not.toMatch(/"level":50|Warning: /)
})

const ALL_DONE = `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM inbox) AND NOT EXISTS (SELECT 1 FROM outbox)
  AND NOT EXISTS (SELECT 1 FROM operations WHERE state IN ('queued', 'running'))
  AND NOT EXISTS (SELECT 1 FROM operation_messages WHERE state = 'open')`

const liveThroughKills = async () => {
  const life = fc.record({ isEarly: fc.nat(3).map((one) => one === 0), ms: fc.nat(1200) })
  const lives = fc.array(life, { minLength: KILLS, maxLength: KILLS })
  const [plan] = fc.sample(fc.tuple(chatCommands(COUNTS, PEOPLE), lives), { seed: SEED, numRuns: 1 })
  const [commands = [], all = []] = plan ?? []
  const share = Math.ceil(commands.length / KILLS)
  for (const [index, life] of all.entries()) await liveAndDie(commands.slice(index * share, (index + 1) * share), life)
}

const liveAndDie = async (commands: readonly ChatCommand[], { isEarly, ms }: Life) => {
  if (!isEarly) await firstPoll()
  await sayAll(commands, ms)
  await here.kill()
  // Time for what the dead one sent last to arrive.
  await sleep(100)
  begun.push(Date.now())
  here.begin()
}

const firstPoll = () => {
  const isFirst = ({ method, bot, at }: ApiCall) =>
    method === 'getUpdates' && bot === here.manager.id && at >= (begun.at(-1) ?? 0)
  return here.sandbox.waitFor(({ calls }) => calls.some(isFirst), { timeout: 30_000, what: 'a first poll' })
}

const sayAll = async (commands: readonly ChatCommand[], ms: number) => {
  const { sandbox, manager } = here
  for (const command of commands) {
    const message = sandbox.say(command.person, command.isInGroup ? group : manager.username, command.text)
    sent.push({ ...command, message })
    await sleep(ms / commands.length)
  }
}

const everyEffectOnce = async () => {
  const effects = async (table: string) => (await notedChanges(here.dataDir, table)).map(String).sort()
  expect(await effects('bots')).toEqual(of('set').map(changeToldTo).sort())
  expect(await effects('grants')).toEqual(
    of('grant')
      .map(({ number }) => String(5000 + number))
      .sort(),
  )
  expect(await effects('invitations')).toEqual(
    of('invite')
      .map(({ person }) => `telegram:${person}`)
      .sort(),
  )
  expect(await effects('operations')).toEqual(
    of('deploy')
      .map(({ number, person }) => `nowhere-${number} telegram:${person}`)
      .sort(),
  )
}

const of = (kind: Kind) => sent.filter((one) => one.kind === kind)

const changeToldTo = (one: Sent): string => {
  const [, was, is] = /branch was (.+), is (.+)\.$/m.exec(answersTo(one)[0]?.text ?? '') ?? []
  return `${was} → ${is}`
}

const chatOf = ({ isInGroup, person }: Sent): number => (isInGroup ? group : person)

/** All that the manager said there, oldest first. */
const saidIn = (chat: number): SandboxMessage[] => {
  const { sandbox, manager } = here
  const all = chat === group ? sandbox.messages(group) : sandbox.conversation(manager.username, chat)
  return all.filter(({ from }) => from.is_bot)
}

/** Oldest first; more than one if it came again. */
const answersTo = (one: Sent): SandboxMessage[] => {
  const found = saidIn(chatOf(one)).filter(({ text }) => one.answer.test(text))
  if (one.kind !== 'invite') return found
  const links = [...new Set(found.map(({ text }) => text))]
  const place = sent.filter(({ kind, person }) => kind === 'invite' && person === one.person).indexOf(one)
  return found.filter(({ text }) => text === links[place])
}

/**
 * Without those that may have come twice: a kill after Telegram had taken one, and before that was written down.
 * Nothing else was said in that chat before the kill, so there is one at most for each kill and chat.
 */
const onceEach = (messages: readonly SandboxMessage[], one: Sent): SandboxMessage[] => {
  const said = saidIn(chatOf(one))
  return messages.filter((message, place) => place === messages.length - 1 || !isLastBeforeKill(message, said))
}

const isLastBeforeKill = (message: SandboxMessage, said: readonly SandboxMessage[]): boolean => {
  const next = said.find(({ message_id }) => message_id > message.message_id)
  return begun.some((at) => at > sentAt(message) && (!next || at <= sentAt(next)))
}

const sentAt = ({ history }: SandboxMessage): number => history[0]?.at ?? 0

/** What is answered at once is answered in the order in which it was asked. */
const inOrder = (chat: number) => {
  const asked = sent.filter((one) => chatOf(one) === chat && one.kind !== 'deploy')
  const ids = asked.map((one) => answersTo(one)[0]?.message_id ?? 0)
  expect(ids).toEqual([...ids].sort((one, other) => one - other))
}

/** Each operation is over, was begun once, and its end is shown once; a failure makes one sound. */
const everyEndOnce = async () => {
  const query = `SELECT json_extract(args, '$.ref') AS ref, state,
    (SELECT count(*) FROM steps WHERE operation_id = operations.id) AS steps FROM operations`
  const operations = await rows<{ ref: string; state: string; steps: number }>(here.dataDir, query)
  for (const one of of('deploy')) {
    const { state = '', steps } = operations.find(({ ref }) => ref === `nowhere-${one.number}`) ?? {}
    expect(['failed', 'superseded'], one.text).toContain(state)
    expect(steps, one.text).toBeLessThanOrEqual(1)
    expect(answersTo(one).at(-1)?.text, one.text).toContain(`nowhere-${one.number} ${state} · #`)
    const alarms = saidIn(chatOf(one)).filter(({ text }) => text.includes(` at nowhere-${one.number} failed. `))
    expect(onceEach(alarms, one), one.text).toHaveLength(state === 'failed' ? 1 : 0)
    expect(
      alarms.every(({ silent }) => !silent),
      one.text,
    ).toBe(true)
  }
}
