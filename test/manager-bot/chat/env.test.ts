import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret, setSetting, setVariables } from '../../../deploy-engine/index.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, moveOn, OWNER } from './chat-bench.ts'
import { haveReleases } from './releases.ts'

let bench: ChatBench

beforeEach(async () => {
  bench = await chatBench()
  await bench.start()
  await bench.register('echo-bot')
  await haveReleases(bench, 'echo-bot', 2)
})

afterEach(() => bench.close())

const ask = async (text: string): Promise<SandboxMessage> =>
  (await bench.answers(bench.says(text)))[0] as SandboxMessage

const envOfBot = async () => {
  const [bot] = await bench.engine.database.read.find<{ env: Record<string, string> }>('bot')
  return bot?.env
}

const apply = async (text: string): Promise<string> => {
  const { message_id } = await ask(text)
  await bench.sandbox.press(OWNER, MANAGER, message_id, 'Apply')
  const message = () => bench.chat().find((one) => one.message_id === message_id)
  await bench.sandbox.waitFor(() => message()?.text.startsWith('echo-bot'))
  return message()?.text ?? ''
}

test('a change is shown first, applied by a button, and offers a restart', async () => {
  const question = await ask('/env echo-bot LOG_LEVEL=debug')
  expect(question.text).toContain('Change this setting of echo-bot?\n– LOG_LEVEL: not set → debug')
  expect(await envOfBot()).toEqual({})
  expect(await apply('/env echo-bot LOG_LEVEL=debug')).toBe(
    'echo-bot\n– LOG_LEVEL: not set → debug\nWhat runs is as it was: a setting reaches a bot when it is started.',
  )
  expect(await envOfBot()).toEqual({ LOG_LEVEL: 'debug' })
  expect((await ask('/env echo-bot LOG_LEVEL=info')).text).toContain(
    'LOG_LEVEL: debug → info\nIt runs with not set now.',
  )
  const shown = await ask('/env echo-bot')
  expect(shown.text).toContain('Set for echo-bot\nLOG_LEVEL = debug · at the next start; now not set')
  expect(shown.buttons.flat().map(({ text }) => text)).toEqual(['Restart'])
  await apply('/env echo-bot GREETING="Hello there, you"')
  expect(await apply('/env echo-bot LOG_LEVEL=')).toContain('LOG_LEVEL: debug → not set')
  expect(await envOfBot()).toEqual({ GREETING: 'Hello there, you' })
  await ask('/audit echo-bot')
  const audit = bench.said().at(-1)?.text
  expect(audit).toMatch(/env echo-bot LOG_LEVEL=…/)
  expect(audit).not.toContain('Hello')
})

test.each([
  ['DB_PASSWORD=hunter2hunter2', 'hunter2hunter2'],
  ['API_KEY=abc', 'abc'],
  ['DATABASE_URL=postgres://me:pa55word@db/x', 'pa55word'],
  ['X=sk-0123456789abcdefABCDEF', 'sk-0'],
])('%s is taken out of the chat and not used', async (assignment, secret) => {
  const sent = bench.says(`/env echo-bot ${assignment}`)
  const [reply] = await bench.answers(sent)
  expect(reply?.text).toContain('I ask for a value after /secret')
  expect(bench.chat().find(({ message_id }) => message_id === sent.message_id)?.deleted).toBe(true)
  expect(await envOfBot()).toEqual({})
  const { read } = bench.engine.database
  const tables = [await read.query('SELECT * FROM audit'), await read.query('SELECT * FROM outbox')]
  expect(JSON.stringify(tables)).not.toContain(secret)
})

test.each<[string, RegExp]>([
  ['BOT_TOKEN=', /BOT_TOKEN can’t be set: it carries the bot’s token/],
  ['PATH=/bin', /PATH can’t be set/],
  ['A-B=x', /letters, digits and _/],
  ['NOTHING=', /NOTHING is not set for echo-bot/],
  ['CITY=Rome', /CITY is a secret of echo-bot already/],
])('%s is refused', async (assignment, why) => {
  await setVariables(bench.engine, 'echo-bot', { CITY: new Secret('Paris') })
  expect((await ask(`/env echo-bot ${assignment}`)).text).toMatch(why)
  expect(await envOfBot()).toEqual({})
})

test('names that only sound like secrets are settings', async () => {
  for (const setting of ['MAX_TOKENS=1000', 'KEYWORDS=a,b', 'AUTHOR=Anna', 'DATA=/app/data/my-bot-database-v2-file']) {
    expect((await ask(`/env echo-bot ${setting}`)).text).toContain('Change this setting')
  }
})

test('a setting can’t be set as a secret beside it, and nothing while an operation runs', async () => {
  await setSetting(bench.engine, { bot: 'echo-bot', key: 'CITY', value: 'Rome' })
  await expect(setVariables(bench.engine, 'echo-bot', { CITY: new Secret('Paris') })).rejects.toMatchObject({
    code: 'bad_value',
    hint: 'Take it away first: /env echo-bot CITY=',
  })
  const question = await ask('/env echo-bot CITY=Paris')
  await ask('/deploy echo-bot')
  await moveOn(bench, 1, { state: 'running' })
  await bench.sandbox.press(OWNER, MANAGER, question.message_id, 'Apply')
  await eventually(() => expect(bench.said().some(({ text }) => text.includes('deploy #1 is running'))).toBe(true))
  expect(await envOfBot()).toEqual({ CITY: 'Rome' })
})

test('the question before a rollback shows which settings come back', async () => {
  await bench.engine.database.read.query(`UPDATE releases SET env = '{"LOG_LEVEL":"info"}' WHERE number = 1`)
  await setSetting(bench.engine, { bot: 'echo-bot', key: 'LOG_LEVEL', value: 'debug' })
  expect((await ask('/rollback echo-bot')).text).toContain('Its settings change with it:\n– LOG_LEVEL: debug → info')
})
