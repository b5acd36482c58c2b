import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Operation, requestOperation } from '../../../deploy-engine/index.ts'
import { openMessages } from '../../../manager-bot/chat/records/operation-message.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
})

afterEach(() => bench.close())

const about = (id: number, from = bench.said()): SandboxMessage[] => from.filter(({ text }) => text.includes(`#${id}`))

const until = (id: number, text: string): Promise<SandboxMessage> =>
  bench.sandbox.waitFor(() => about(id).find((message) => message.text.includes(text)), { what: `#${id}: ${text}` })

const LIVE = { release: 1, sha: '3f2c1ab9d0', subject: 'Begin', proof: 'live', running: 1 } as const
const live: Partial<Operation> = { state: 'succeeded', outcome: LIVE, endedAt: 1 }
const failure = {
  state: 'failed',
  outcome: { running: 1, error: { code: 'exited' as const, message: 'It exited with code 1' } },
} as const

test('one message goes through the steps and ends in what is live; none of it makes a sound', async () => {
  await bench.answers(bench.says('/deploy echo-bot'))
  await moveOn(bench, 1, { state: 'running', steps: [{ name: 'fetch', state: 'done', detail: 'main is 3f2c1ab' }] })
  await until(1, '✓ Fetch the source')
  await moveOn(bench, 1, { ...live, steps: [{ name: 'build', state: 'done' }] })
  const message = await until(1, 'v1 (3f2c1ab “Begin”) is live.')
  expect(about(1)).toHaveLength(1)
  expect(message.silent).toBe(true)
  await eventually(async () => expect(await openMessages(bench.engine.database.read)).toEqual([]))
})

test('many changes in a short time: at most one edit per 1.5 s, of the newest; the end does not wait', async () => {
  await bench.answers(bench.says('/deploy echo-bot'))
  const began = Date.now()
  for (let round = 0; round < 40; round++) {
    await moveOn(bench, 1, { state: 'running', steps: [{ name: 'fetch', state: 'done', detail: `round ${round}` }] })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await moveOn(bench, 1, live)
  const message = await until(1, 'is live')
  const allowed = 1 + Math.ceil((Date.now() - began) / 1500)
  expect(message.history.length).toBeLessThanOrEqual(allowed + 1)
  const times = message.history.map(({ at }) => at).slice(0, -1)
  for (const [index, at] of times.entries()) {
    if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(1450)
  }
})

test('the time of a running step is refreshed', async () => {
  await bench.answers(bench.says('/deploy echo-bot'))
  await moveOn(bench, 1, { state: 'running', steps: [{ name: 'build', state: 'started' }] })
  await until(1, '▸ Build the image')
  const before = about(1)[0]?.history.length ?? 0
  await bench.sandbox.waitFor(() => (about(1)[0]?.history.length ?? 0) > before, { timeout: 8000 })
})

describe('a failure', () => {
  test('makes a sound, once, as a short message below', async () => {
    await bench.answers(bench.says('/deploy echo-bot'))
    await moveOn(bench, 1, { ...failure, steps: ['stop', 'undo'].map((name) => ({ name, state: 'done' })) })
    const message = await until(1, 'Not deployed: it exited with code 1.')
    const alarm = await bench.sandbox.waitFor(() => bench.said().find(({ silent }) => !silent))
    expect(alarm.text).toBe('Deploy of echo-bot at main failed. v1 was put back and is running.')
    expect(alarm.reply_to).toBe(message.message_id)
    await bench.restart()
    await bench.answer('/bots')
    expect(bench.said().filter(({ silent }) => !silent)).toHaveLength(1)
  })

  test('of a build brings the whole log as a document', async () => {
    const logs = join(bench.config.dataDir, 'logs', 'echo-bot')
    await mkdir(logs, { recursive: true })
    await writeFile(join(logs, 'build-1.log'), 'Step 1\n\u001b[31mnpm ERR!\u001b[0m\n')
    await bench.answers(bench.says('/deploy echo-bot'))
    const outcome = {
      ...failure.outcome,
      error: { code: 'build_failed' as const, message: 'The build failed' },
      buildLines: ['npm ERR!'],
    }
    await moveOn(bench, 1, { state: 'failed', outcome, steps: [{ name: 'build', state: 'failed' }] })
    const alarm = await bench.sandbox.waitFor(() => bench.said().find(({ document }) => document))
    expect(alarm.document?.file_name).toBe('echo-bot-build-1.log')
    expect(alarm.document?.content.toString()).toBe('Step 1\nnpm ERR!\n')
    expect(alarm.silent).toBe(false)
    expect(alarm.reply_to).toBe(about(1)[0]?.message_id)
    expect(about(1)[0]?.text).toContain('The build ended with:\nnpm ERR!')
  })
})

describe('the end is delivered', () => {
  test('after Telegram was busy, ill and away', async () => {
    await bench.answers(bench.says('/deploy echo-bot'))
    const busy = {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    }
    bench.sandbox.fail({ method: 'editMessageText', status: 502, body: '<html></html>', times: 1 })
    bench.sandbox.fail({ method: 'editMessageText', reset: true, times: 1 })
    bench.sandbox.fail({ method: 'editMessageText', status: 429, body: JSON.stringify(busy), times: 1 })
    await moveOn(bench, 1, live)
    await until(1, 'is live')
    const edits = bench.sandbox.calls.filter(({ method }) => method.toLowerCase() === 'editmessagetext')
    const refused = edits.findIndex(({ status }) => status === 429)
    expect((edits[refused + 1]?.at ?? 0) - (edits[refused]?.at ?? 0)).toBeGreaterThanOrEqual(1000)
  })

  test('after a restart in the middle', async () => {
    await bench.answers(bench.says('/deploy echo-bot'))
    await bench.stop()
    await moveOn(bench, 1, live)
    await bench.restart()
    await until(1, 'is live')
    expect(about(1)).toHaveLength(1)
  })

  test('also if the manager died before it could show anything', async () => {
    await bench.stop()
    const { operation } = await requestOperation(bench.engine, {
      kind: 'deploy',
      bot: 'echo-bot',
      args: {},
      requestedBy: 'x',
    })
    const place = { chatId: OWNER, threadId: null, replyTo: null }
    await bench.engine.database.transaction((entities) =>
      entities.insert('operation_message', { operationId: operation.id, ...place, state: 'open', createdAt: 1 }),
    )
    bench.sandbox.privateChat(OWNER, MANAGER)
    await bench.restart()
    await until(1, 'Queued.')
  })

  test('in a new message if the old one was deleted', async () => {
    const [first] = await bench.answers(bench.says('/deploy echo-bot'))
    const query = `chat_id=${OWNER}&message_id=${first?.message_id}`
    await fetch(`${bench.sandbox.apiRoot}/bot${bench.manager.token}/deleteMessage?${query}`)
    await moveOn(bench, 1, live)
    const second = await until(1, 'is live')
    expect(second.message_id).not.toBe(first?.message_id)
  })
})

test('a chat that takes nothing any more is given up, and said in the log', async () => {
  await bench.answers(bench.says('/deploy echo-bot'))
  const blocked = { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' }
  bench.sandbox.fail({ method: 'editMessageText', status: 403, body: JSON.stringify(blocked), times: 1 })
  await moveOn(bench, 1, live)
  await eventually(async () => expect(await openMessages(bench.engine.database.read)).toEqual([]))
  expect(bench.entries.map(({ message }) => message)).toContain('a message could not be delivered')
})

test('an unproven release changes its message when it turns out to be live', async () => {
  await bench.answers(bench.says('/deploy echo-bot'))
  await moveOn(bench, 1, { ...live, outcome: { ...LIVE, proof: 'unproven' }, endedAt: Date.now() })
  await until(1, 'running, but unproven')
  await moveOn(bench, 1, { outcome: { ...LIVE, evidence: '1 waiting update was taken' } })
  await until(1, 'is live.\nSeen: 1 waiting update was taken')
  expect(about(1)).toHaveLength(1)
})

test('what the manager does by itself is told to the owner, with a sound', async () => {
  const chat = await bench.restart()
  bench.sandbox.privateChat(OWNER, MANAGER)
  await haveReleases(bench, 'echo-bot', 1)
  const args = { cause: 'v2 runs but does not take its updates' }
  const request = { kind: 'restart', bot: 'echo-bot', args, requestedBy: 'manager' } as const
  const { operation } = await requestOperation(bench.engine, request)
  await chat.progress.announce(operation.id)
  await chat.progress.announce(operation.id)
  const message = await until(operation.id, 'Because: v2 runs but does not take its updates')
  expect(message.silent).toBe(false)
  expect(about(operation.id)).toHaveLength(1)
})

test('two chats do not wait for each other', async () => {
  const group = await bench.group()
  bench.sandbox.say(OWNER, group.id, '/deploy echo-bot')
  await bench.sandbox.waitFor(() => about(1, bench.sandbox.messages(group.id)).length === 1)
  await moveOn(bench, 1, { state: 'running', steps: [{ name: 'fetch', state: 'done' }] })
  const began = Date.now()
  await bench.answers(bench.says('/deploy echo-bot v2'))
  expect(Date.now() - began).toBeLessThan(1000)
})
