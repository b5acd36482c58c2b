import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, installation } from '../helpers/installation.ts'
import { databaseShows, rows } from '../helpers/journal.ts'
import { addBoundGroup, addKnownPeople } from '../helpers/known-people.ts'
import { noteChanges, notedChanges } from '../helpers/note-changes.ts'

// faults.md, row 20.

const ADMINS = [1101, 1102, 1103, 1104, 1105]
const COMMANDS = 20
const MALLORY = { id: 666, name: 'Mallory' }
const MESSAGES = 1000
const SECONDS = 5

let here: Installation
let group: number

beforeAll(async () => {
  here = await installation()
  await here.start()
  await addKnownPeople(
    here,
    ADMINS.map((id) => ({ id, name: `Admin ${id}`, role: 'admin' })),
  )
  here.sandbox.addPerson(MALLORY)
  group = await addBoundGroup(here, [...ADMINS, MALLORY.id])
})

afterAll(() => here.close())

test('row 20: 100 commands by five admins are answered; 1,000 messages by a stranger leave nothing', async () => {
  await noteChanges(here.dataDir, [{ table: 'inbox', on: 'INSERT', says: 'NEW.update_id' }])
  const before = await sizes()
  const calls = here.sandbox.calls.length
  const printed = here.output().length
  await Promise.all([...ADMINS.map(sendCommands), sendNonsense()])
  await here.sandbox.waitFor(() => ADMINS.every((admin) => answersOf(admin).length >= COMMANDS), { timeout: 120_000 })
  await databaseShows(here.dataDir, { query: ALL_DONE, what: 'nothing is left to be done or said' })
  await here.sandbox.waitFor(() => here.sandbox.pending(here.manager.id) === 0)

  for (const admin of ADMINS) expect(answersOf(admin)).toEqual(numbers(COMMANDS).map((number) => `${admin}-${number}`))
  expect(here.sandbox.conversation(here.manager.username, MALLORY.id).filter(({ from }) => from.is_bot)).toEqual([])
  expect(here.sandbox.messages(group).filter(({ from }) => from.is_bot)).toEqual([])
  const spoken = here.sandbox.calls
    .slice(calls)
    .filter(({ bot, method }) => bot === here.manager.id && method !== 'getUpdates')
    .map(({ method, params }) => `${method} ${params.chat_id ?? ''}`)
  const answers = ADMINS.flatMap((admin) => Array<string>(COMMANDS).fill(`sendMessage ${admin}`))
  expect(spoken.filter((call) => !call.startsWith('setMyCommands')).sort()).toEqual(answers.sort())
  // The ids of the updates, which are what a repeat is known by, and nothing else.
  expect(await sizes()).toEqual({ ...before, handled_updates: (before.handled_updates ?? 0) + sent.length })
  expect(await rows(here.dataDir, `SELECT 1 FROM audit WHERE "by" = 'telegram:${MALLORY.id}'`)).toEqual([])
  expect(await notedChanges(here.dataDir, 'inbox')).toHaveLength(ADMINS.length * COMMANDS)
  expect(strangersIn(here.output().slice(printed))).toEqual([1, 10, 100, 1000])

  await here.stop()
  const after = await sizes()
  expect({ ...after, notes: (after.notes ?? 0) - 1 }).toEqual({ ...before, handled_updates: after.handled_updates })
  const [note] = await rows<{ value: string }>(here.dataDir, "SELECT value FROM notes WHERE key = 'strangers'")
  expect(JSON.parse(note?.value ?? '{}')).toMatchObject({ messages: MESSAGES, people: [MALLORY.id] })
})

const ALL_DONE = 'SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM inbox) AND NOT EXISTS (SELECT 1 FROM outbox)'

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

/** What was sent in the five seconds, by whomever. */
const sent: string[] = []

const VERBS = ['status', 'releases', 'logs', 'deploy']

const sendCommands = async (admin: number) => {
  for (const number of numbers(COMMANDS)) {
    sent.push(here.say(`/${VERBS[number % VERBS.length]} gone-${admin}-${number}`, admin).text)
    await sleep((SECONDS * 1000) / COMMANDS)
  }
}

const NONSENSE = ['/start AAAAAAAAAAAAAAAAAAAAAA', '/deploy gone main', 'hello', '/grant 666 owner', '/help']

/** Into the private chat and into the group where admins are heard, by turns. */
const sendNonsense = async () => {
  const ticks = 100
  for (const tick of numbers(ticks)) {
    for (const _ of numbers(MESSAGES / ticks)) {
      const text = NONSENSE[sent.length % NONSENSE.length] ?? ''
      // In a group bots hear only commands.
      const chat = tick % 2 === 1 && text.startsWith('/') ? group : here.manager.username
      sent.push(here.sandbox.say(MALLORY.id, chat, text).text)
    }
    await sleep((SECONDS * 1000) / ticks)
  }
}

/** What an admin's answers are about, in their order. */
const answersOf = (admin: number): string[] =>
  here.sandbox
    .conversation(here.manager.username, admin)
    .filter(({ from }) => from.is_bot)
    .map(({ text }) => /no bot named gone-(\S+)/.exec(text)?.[1] ?? text)

/** How many rows each of the manager's tables has. */
const sizes = async (): Promise<Record<string, number>> => {
  // What the admins asked for is written down.
  const query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('noted_changes', 'audit')"
  const tables = await rows<{ name: string }>(here.dataDir, query)
  const counted = tables.map(async ({ name }) => {
    const [row] = await rows<{ size: number }>(here.dataDir, `SELECT count(*) AS size FROM "${name}"`)
    return [name, row?.size ?? 0] as const
  })
  return Object.fromEntries(await Promise.all(counted))
}

/** The counts that the log tells of. */
const strangersIn = (log: string): number[] =>
  log
    .split('\n')
    .filter((entry) => entry.includes('messages of strangers were ignored'))
    .map((entry) => JSON.parse(entry).messages)
