import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { setGrant } from '../../../manager-bot/chat/records/grant.ts'
import { addPerson } from '../../../manager-bot/chat/records/person.ts'
import { defineCommand } from '../../../manager-bot/command.ts'
import { commands } from '../../../manager-bot/commands/index.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

const VIEWER = 43

let bench: ChatBench
let finish: () => void

/** Takes until the test says so. */
const slow = defineCommand({
  name: 'slow',
  usage: '',
  summary: 'Take a while',
  example: '',
  role: 'viewer',
  args: () => z.strictObject({}),
  run: () =>
    new Promise((resolve) => {
      finish = () => resolve({ text: [{ line: ['done'] }] })
    }),
})

beforeEach(async () => {
  bench = await chatBench({ commands: [...commands, slow] })
  await bench.start()
  await bench.register('echo-bot')
  await bench.register('news')
})

afterEach(() => bench.close())

const actions = () => bench.sandbox.calls.filter(({ method }) => method.toLowerCase() === 'sendchataction')

test('/health shows every bot and the server; its button brings it up to date in place', async () => {
  await haveReleases(bench, 'echo-bot', 2)
  const [answer] = await bench.answers(bench.says('/health'))
  expect(answer?.text).toMatch(
    new RegExp(
      [
        '^🔴 echo-bot — its container is gone · v2',
        '⚪ news — not deployed',
        'Server',
        'Disk: .* of .* free',
        'Memory: .* of .* available',
        'Load: .* on \\d+ cores?',
        '(✓ Docker|✗ Docker does not answer).*',
        '(✓ Redis|✗ Redis does not answer: .*)',
        '✓ Manager: up \\d.*$',
      ].join('\n'),
    ),
  )
  const button = () => bench.said()[0]?.buttons[0]?.[0]?.callback_data
  const before = button()
  await bench.sandbox.press(OWNER, MANAGER, answer?.message_id ?? 0, '⟳ Refresh')
  await bench.sandbox.waitFor(() => button() !== undefined && button() !== before)
  expect(bench.said()).toHaveLength(1)
})

test('whoever sees only one bot is told of that one, and nothing of the server', async () => {
  bench.sandbox.addPerson({ id: VIEWER, name: 'Vera' })
  await bench.engine.database.transaction(async (entities) => {
    const { id } = await entities.findOneByOrFail<{ id: number; name: string }>('bot', { name: 'news' })
    await addPerson(entities, { telegramId: VIEWER, name: 'Vera', createdAt: 1 })
    await setGrant(entities, { personId: VIEWER, botId: id, role: 'viewer', grantedBy: 'x', createdAt: 1 })
  })
  const answers = () => bench.sandbox.conversation(MANAGER, VIEWER).filter(({ from }) => from.is_bot)
  bench.says('/health', VIEWER)
  const [first] = await bench.sandbox.waitFor(() => answers().length === 1 && answers())
  expect(first?.text).toBe('⚪ news — not deployed')
  bench.says('/health echo-bot', VIEWER)
  const [, second] = await bench.sandbox.waitFor(() => answers().length === 2 && answers())
  expect(second?.text).toContain('You have no role for echo-bot')
})

test('/health <bot> and /status <bot> tell what is known', async () => {
  await haveReleases(bench, 'echo-bot', 2)
  await bench.answers(bench.says('/deploy echo-bot'))
  await moveOn(bench, 1, { state: 'succeeded', endedAt: Date.now() - 2 * 3600_000, outcome: { release: 2 } })
  bench.sandbox.say(OWNER, 'echo_bot_bot', 'hello')
  const health = await bench.answer('/health echo-bot')
  expect(health).toMatch(/✗ Container: its container is gone · now\n.*Last proof.*\n· Waiting updates: 1 · now/)
  const status = await bench.answer('/status echo-bot')
  expect(status).toContain('1 update waits\nDeployed 2 h ago by @olga · #1')
})

test('what takes over a second shows that it is being done; what does not shows nothing', async () => {
  await bench.answer('/bots')
  expect(actions()).toEqual([])
  const asked = bench.says('/slow')
  await bench.sandbox.waitFor(() => actions().length === 1, { what: 'typing', timeout: 3_000 })
  const begun = bench.chat().find(({ message_id }) => message_id === asked.message_id)?.date ?? 0
  expect((actions()[0]?.at ?? 0) - begun * 1000).toBeGreaterThanOrEqual(900)
  finish()
  expect((await bench.answers(asked))[0]?.text).toBe('done')
  await bench.answer('/bots')
  expect(actions()).toHaveLength(1)
})
