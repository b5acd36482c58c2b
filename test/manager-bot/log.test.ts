import { TelegramError } from 'telegraf'
import { QueryFailedError } from 'typeorm'
import { expect, test } from 'vitest'
import { Secret } from '../../deploy-engine/index.ts'
import { createLog } from '../../manager-bot/log.ts'

const TOKEN = '123456789:AAExampleOfThirtyFiveCharacters_xyz'

const logged = (pretty: boolean, level: 'info' | 'warn' = 'info'): string => {
  let text = ''
  const write = (entry: string) => {
    text += entry
  }
  const log = createLog({ pretty, level, write })
  log.info({ bot: 'echo-bot', attempt: 2 }, 'hello')
  log.error({ err: new Error(`fetch of /bot${TOKEN}/getMe failed`), token: new Secret('x') }, `token ${TOKEN}`)
  return text
}

test('JSON, one entry per line, with the stack of errors and without tokens', () => {
  const text = logged(false)
  const [first, second] = text
    .trim()
    .split('\n')
    .map((entry) => JSON.parse(entry))
  expect(first).toMatchObject({ level: 30, bot: 'echo-bot', attempt: 2, msg: 'hello' })
  expect(second).toMatchObject({ level: 50, token: '[secret]', msg: 'token [token]' })
  expect(second.err.stack).toContain('log.test.ts')
  expect(text).not.toContain(TOKEN)
})

test('for a person: time, level, what, details', () => {
  const text = logged(true)
  expect(text).toMatch(/^\d\d:\d\d:\d\d info {2}hello bot=echo-bot attempt=2\n/)
  expect(text).toContain('error token [token] token=[secret]\nError: fetch of /bot[token]/getMe failed')
})

test('a terminal verb shows warnings only', () => {
  expect(logged(true, 'warn')).not.toContain('hello')
})

const entryOf = (fields: Record<string, unknown>, { msg = 'x', hidden = [] as string[], pretty = false } = {}) => {
  let text = ''
  const write = (entry: string) => {
    text += entry
  }
  const log = createLog({ pretty, level: 'info', write, hidden: () => hidden.map((value) => new Secret(value)) })
  log.warn(fields, msg)
  return pretty ? text : JSON.parse(text)
}

test('known values are taken out wherever they stand, whatever is in them', () => {
  const hidden = ['hunter2hunter2', 'with "quotes" and \\', 'of two\nlines here', 'zażółć gęślą']
  for (const value of hidden) {
    const fields = {
      reason: `refused: ${value}`,
      list: [{ deep: value }],
      err: new Error(`outer ${value}`, { cause: new Error(`inner ${value}`) }),
    }
    const entry = entryOf(fields, { msg: `said ${value}`, hidden })
    expect(JSON.stringify(entry)).not.toContain(JSON.stringify(value).slice(1, -1))
    expect(entry).toMatchObject({ msg: 'said [secret]', reason: 'refused: [secret]', list: [{ deep: '[secret]' }] })
    expect(entry.err.message).toBe('outer [secret]: inner [secret]')
    expect(entryOf(fields, { hidden, pretty: true })).not.toContain(value)
  }
})

test('a bot is named even if a variable has its name as a value', () => {
  const entry = entryOf({ bot: 'echo-bot', operation: 42, step: 'build', reason: 'echo-bot' }, { hidden: ['echo-bot'] })
  expect(entry).toMatchObject({ bot: 'echo-bot', operation: 42, step: 'build', reason: '[secret]' })
})

test('of an error there is what happened and where, not what was to be sent or written', () => {
  const request = { method: 'sendDocument', payload: { text: 'private', document: { source: Buffer.from('private') } } }
  const refused = entryOf({ err: new TelegramError({ error_code: 400, description: 'Bad Request' }, request) }).err
  expect(refused.message).toContain('Bad Request')
  expect(Object.keys(refused)).toEqual(['type', 'message', 'stack'])
  const driver = Object.assign(new Error('SQLITE_FULL'), { code: 'SQLITE_FULL' })
  const failed = entryOf({ err: new QueryFailedError('INSERT INTO x VALUES (?)', ['private'], driver) }).err
  expect(JSON.stringify([refused, failed])).not.toContain('private')
  expect(failed).toMatchObject({ type: 'QueryFailedError', code: 'SQLITE_FULL' })
})

test('what a program has printed does not act on the terminal of whoever reads it', () => {
  const text = entryOf({ reason: '\u001b]0;owned\u0007\u001b[2Jgone' }, { pretty: true })
  expect(text).toContain('reason=]0;owned[2Jgone\n')
})
