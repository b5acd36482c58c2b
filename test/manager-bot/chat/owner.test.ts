import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { offerOwnership } from '../../../manager-bot/chat/claim.ts'
import { InvitationSchema } from '../../../manager-bot/chat/records/invitation.ts'
import { owners } from '../../../manager-bot/chat/records/person.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench({ owner: false })
  await bench.start()
})

afterEach(() => bench.close())

/** The code of the newest offer in the log. */
const code = (): string => {
  const offers = bench.entries.filter(({ message }) => message.includes('nobody owns'))
  const link = String(offers.at(-1)?.fields.link)
  expect(link).toMatch(/^https:\/\/t\.me\/tbs_manager_bot\?start=[A-Za-z0-9_-]{22}$/)
  return link.split('=')[1] ?? ''
}

const people = () => owners(bench.engine.database.read)

test('the first person with the code from the log owns the manager, and nobody after that', async () => {
  bench.sandbox.addPerson({ id: 666, name: 'Mallory' })
  bench.sandbox.say(666, MANAGER, '/start wrong-code')
  const first = code()
  expect(await bench.answer(`/start ${first}`)).toContain('You own this manager now.')
  expect(await people()).toMatchObject([{ telegramId: OWNER, name: '@olga' }])
  bench.sandbox.say(666, MANAGER, `/start ${first}`)
  expect(await bench.answer('/bots')).toContain('no bots yet')
  expect(await people()).toHaveLength(1)
  expect(bench.sandbox.conversation(MANAGER, 666).filter(({ from }) => from.is_bot)).toEqual([])
  const menus = bench.sandbox.calls.filter(({ method }) => method.toLowerCase() === 'setmycommands')
  expect(menus.map(({ params }) => params.scope)).toContainEqual(JSON.stringify({ type: 'chat', chat_id: OWNER }))
})

test('the database does not hold the code, and each start gives a new one', async () => {
  const first = code()
  const stored = await bench.engine.database.read.find(InvitationSchema)
  expect(JSON.stringify(stored)).not.toContain(first)
  await bench.restart()
  expect(code()).not.toBe(first)
  bench.says(`/start ${first}`)
  expect(await bench.answer(`/start ${code()}`)).toContain('You own this manager now.')
  await bench.restart()
  expect(bench.entries.filter(({ message }) => message.includes('nobody owns'))).toHaveLength(2)
})

test('a code is worth nothing after a day', async () => {
  const yesterday = { ...bench.engine, clock: { ...bench.engine.clock, now: () => Date.now() - 25 * 3600 * 1000 } }
  await offerOwnership(yesterday, {
    username: MANAGER,
    newCode: () => 'an-old-code-of-yesterday',
    log: bench.engine.log,
  })
  bench.says('/start an-old-code-of-yesterday')
  await eventually(() => expect(bench.entries.some(({ message }) => message.includes('strangers'))).toBe(true))
  expect(await people()).toEqual([])
})

test('two who use the code at the same moment: one owner', async () => {
  bench.sandbox.addPerson({ id: 43, name: 'Otto' })
  const right = code()
  bench.sandbox.say(OWNER, MANAGER, `/start ${right}`)
  bench.sandbox.say(43, MANAGER, `/start ${right}`)
  await eventually(async () => expect(await people()).toHaveLength(1))
  await eventually(() => expect(bench.entries.some(({ message }) => message.includes('strangers'))).toBe(true))
  expect(await people()).toHaveLength(1)
})

test('the ids of the owners are in a file that only root reads, at once and after each change', async () => {
  const path = join(bench.config.dataDir, 'owners')
  const file = () => readFile(path, 'utf8').catch(() => undefined)
  await eventually(async () => expect(await file()).toBe(''))
  await bench.answer(`/start ${code()}`)
  await eventually(async () => expect(await file()).toBe(`${OWNER}\n`))
  await bench.answer('/grant 77 owner')
  await eventually(async () => expect(await file()).toBe(`${OWNER}\n77\n`))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await rm(path)
  await bench.restart()
  await eventually(async () => expect(await file()).toBe(`${OWNER}\n77\n`))
})
