import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineCommand } from '../../../manager-bot/command.ts'
import { commands } from '../../../manager-bot/commands/index.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { fastClock } from '../../helpers/fast-clock.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

type End = 'removed' | Error

/** What `/watch` shows; each one that began last. */
let print: (...lines: string[]) => void
let finish: (end: End) => void
let begun: number
let over: boolean

const watch = defineCommand({
  name: 'watch',
  usage: '<bot>',
  summary: 'Follow what a test prints',
  example: 'my-bot',
  role: 'viewer',
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  run: async () => ({
    text: [],
    live: {
      bot: 'my-bot',
      stop: { label: 'Stop', command: 'logs', input: { bot: 'my-bot', follow: 'end' } },
      follow: (onLines, signal) =>
        new Promise((resolve, reject) => {
          begun += 1
          print = (...lines) => onLines(lines)
          finish = (end) => (end === 'removed' ? resolve(end) : reject(end))
          const abort = () => {
            over = true
            resolve('aborted')
          }
          signal.addEventListener('abort', abort, { once: true })
        }),
    },
  }),
})

let bench: ChatBench

beforeEach(() => {
  begun = 0
  over = false
})

afterEach(() => bench.close())

const open = async (clock?: ReturnType<typeof fastClock>) => {
  bench = await chatBench({ commands: [...commands, watch], ...(clock && { clock }) })
  await bench.start()
  await bench.register('my-bot')
}

const shown = (from = bench.said()): SandboxMessage[] => from.filter(({ text }) => text.startsWith('my-bot —'))

const begin = async (): Promise<SandboxMessage> => {
  const before = shown().length
  bench.says('/watch my-bot')
  return bench.sandbox.waitFor(() => shown().length > before && shown().at(-1), { what: 'a live message' })
}

const reads = (pattern: RegExp, from = () => bench.said()): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => shown(from()).findLast(({ text }) => pattern.test(text)), {
    what: `${pattern}`,
    timeout: 15_000,
  })

const labels = ({ buttons }: SandboxMessage) => buttons.flat().map(({ text }) => text)

const stop = (message: SandboxMessage) => bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Stop')

describe('a live message', () => {
  beforeEach(() => open(fastClock(5)))

  test('is one, silent, with the newest 30 lines', async () => {
    const message = await begin()
    expect(message.text).toBe('my-bot — live, for 2 min at most\nNothing printed yet.')
    expect(message.silent).toBe(true)
    expect(labels(message)).toEqual(['Stop'])
    print(...Array.from({ length: 40 }, (_, index) => `line ${index + 1} <b>`))
    const now = await reads(/line 40 <b>$/)
    expect(now.text.split('\n').slice(1)).toEqual(Array.from({ length: 30 }, (_, index) => `line ${index + 11} <b>`))
    expect(labels(now)).toEqual(['Stop'])
    expect(shown()).toHaveLength(1)
  })

  test('ends at Stop, keeps its lines, and is not found a second time', async () => {
    const message = await begin()
    print('one', 'two')
    await reads(/two$/)
    const answers = await Promise.all([stop(message), stop(message)])
    expect(answers.map(({ text }) => text).sort()).toEqual(['', expect.stringContaining('This button was used')])
    const ended = await reads(/followed for \d+\.0 s\none\ntwo$/)
    expect(labels(ended)).toEqual([])
    print('three')
    await bench.answer('/bots')
    expect(shown().at(-1)?.text).toBe(ended.text)
  })

  test('makes room for the next in its chat', async () => {
    const first = await begin()
    print('of the first')
    await reads(/of the first$/)
    const second = await begin()
    print('of the second')
    await reads(/of the second$/)
    const ended = bench.chat().find(({ message_id }) => message_id === first.message_id)
    expect(ended?.text).toMatch(/followed for [\d.]+ s\nof the first$/)
    expect(second.message_id).not.toBe(first.message_id)
    expect(begun).toBe(2)
  })

  test('takes the place of the question for which bot', async () => {
    const [question] = await bench.answers(bench.says('/watch'))
    await bench.sandbox.press(OWNER, MANAGER, question?.message_id ?? 0, 'my-bot')
    const message = await reads(/Nothing printed/)
    expect(message.message_id).toBe(question?.message_id)
    expect(labels(message)).toEqual(['Stop'])
    await stop(message)
    await reads(/followed for/)
    expect(bench.said()).toHaveLength(1)
  })

  test('says after a restart that it has ended, once', async () => {
    const message = await begin()
    print('one')
    await reads(/one$/)
    await bench.restart()
    const ended = await reads(/followed until the manager was restarted\. \/logs my-bot$/)
    expect(ended.message_id).toBe(message.message_id)
    expect(labels(ended)).toEqual([])
    const edits = () => bench.sandbox.calls.filter(({ method }) => /^editMessage/i.test(method)).length
    const before = edits()
    await bench.restart()
    await bench.answer('/bots')
    expect(edits()).toBe(before)
  })

  test('what has ended before a restart is left as it is', async () => {
    const message = await begin()
    print('one')
    await reads(/one$/)
    await stop(message)
    const { text } = await reads(/followed for/)
    await bench.restart()
    await bench.answer('/bots')
    expect(shown().at(-1)?.text).toBe(text)
  })

  test('goes on when Telegram was ill, and is given up where nothing is taken any more', async () => {
    await begin()
    bench.sandbox.fail({ method: 'editMessageText', status: 502, body: '<html></html>', times: 2 })
    print('one')
    await reads(/one$/)
    const blocked = { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' }
    bench.sandbox.fail({ method: 'editMessageText', status: 403, body: JSON.stringify(blocked), times: 1 })
    print('two')
    await eventually(() => {
      expect(bench.entries.map(({ message }) => message)).toContain('a message could not be delivered')
    })
    await eventually(() => expect(over).toBe(true))
  })
})

// The times between edits are measured, and those of a few milliseconds are said to be none.
describe('by the machine’s own clock, a live message', () => {
  beforeEach(() => open())

  test('is edited at most every 1.5 s, however much is printed, and then shows the newest', async () => {
    await begin()
    const timer = setInterval(() => print('x', String(Date.now())), 20)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    clearInterval(timer)
    print('the last')
    const { history } = await reads(/the last$/)
    const times = history.map(({ at }) => at)
    expect(times.length).toBeGreaterThanOrEqual(2)
    for (const [index, at] of times.entries()) {
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_450)
    }
  })

  test('and at most every 3 s in groups', async () => {
    const { id } = await bench.group()
    const inGroup = () => bench.sandbox.messages(id)
    bench.sandbox.say(OWNER, id, '/watch my-bot')
    await reads(/Nothing printed/, inGroup)
    const timer = setInterval(() => print(String(Date.now())), 50)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    clearInterval(timer)
    print('the last')
    const { history } = await reads(/the last$/, inGroup)
    const times = history.map(({ at }) => at)
    for (const [index, at] of times.entries()) {
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(2_950)
    }
  })

  test('is not edited while nothing is printed', async () => {
    const message = await begin()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(bench.chat().find(({ message_id }) => message_id === message.message_id)?.history).toEqual(message.history)
  })

  test('ends with its bot, and says why it failed', async () => {
    await begin()
    finish('removed')
    expect((await reads(/removed/)).text).toMatch(/^my-bot — followed for 0\.0 s, until it was removed\n/)
    await begin()
    finish(new Error('a bug'))
    await reads(/followed for 0\.0 s: internal error/)
    expect(bench.entries.map(({ message }) => message)).toContain('following a log failed by a bug')
  })
})

test('it ends by itself after two minutes', async () => {
  await open(fastClock(20))
  await begin()
  print('one')
  const { text } = await reads(/followed for 2 min/)
  expect(text).toBe('my-bot — followed for 2 min\none')
})

test('a bot without a version is not followed; a log that is shown has a button for it', async () => {
  await open()
  const [refused] = await bench.answers(bench.says('/logs my-bot --follow'))
  expect(refused?.text).toBe('my-bot has no version yet\n/deploy my-bot')
  const directory = join(bench.config.dataDir, 'logs', 'my-bot')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'bot-1767225600000-v1-0123456789ab.log'), '2026-01-01T00:00:00.000Z hello\n')
  const [log] = await bench.answers(bench.says('/logs my-bot'))
  expect(log?.text).toMatch(/^my-bot: the last line\n— v1, \d+ d ago —\nhello$/)
  expect(labels(log as SandboxMessage)).toEqual(['Follow'])
})
