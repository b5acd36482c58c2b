import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret, setVariables, variableNames } from '../../../deploy-engine/index.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
  await setVariables(bench.engine, 'echo-bot', { API_KEY: new Secret('hunter2hunter2'), OTHER: new Secret('second') })
})

afterEach(() => bench.close())

const ask = async (text: string): Promise<SandboxMessage> =>
  (await bench.answers(bench.says(text)))[0] as SandboxMessage

const labels = (message: SandboxMessage): string[] => message.buttons.flat().map(({ text }) => text)

test('names are listed, values never', async () => {
  const { text } = await ask('/secret echo-bot')
  expect(text.replace(/ · set .*/g, '').split('\n')).toEqual([
    'Secrets of echo-bot, without their values:',
    '– its token',
    '– API_KEY',
    '– OTHER',
    'To set one: /secret echo-bot KEY',
  ])
})

test('one is removed after a question; what is not there is said at once', async () => {
  expect((await ask('/secret echo-bot NOTHING --remove')).text).toContain('echo-bot has no secret NOTHING')
  const question = await ask('/secret echo-bot API_KEY --remove')
  expect(question.text).toContain('Remove API_KEY of echo-bot?')
  expect(await variableNames(bench.engine, 'echo-bot')).toEqual(['API_KEY', 'OTHER'])
  await bench.sandbox.press(OWNER, MANAGER, question.message_id, 'Remove API_KEY')
  await bench.sandbox.waitFor(() => bench.said().some(({ text }) => text.includes('API_KEY is removed')))
  expect(await variableNames(bench.engine, 'echo-bot')).toEqual(['OTHER'])
})

test('a change of what runs offers a restart', async () => {
  await ask('/secret echo-bot API_KEY')
  expect(labels(await ask('another value'))).toEqual(['Deploy again'])
  await haveReleases(bench, 'echo-bot', 1)
  await ask('/secret echo-bot API_KEY')
  expect(labels(await ask('one more value'))).toEqual(['Restart', 'Deploy again'])
})

test.each(['/secret echo-bot KEY s3cret-value', '/secret echo-bot KEY s3cret-value --remove'])(
  '%s is taken out of the chat',
  async (text) => {
    const sent = bench.says(text)
    expect((await bench.answers(sent))[0]?.text).toContain('I took that message out of the chat')
    expect(bench.chat().find(({ message_id }) => message_id === sent.message_id)?.deleted).toBe(true)
  },
)
