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
