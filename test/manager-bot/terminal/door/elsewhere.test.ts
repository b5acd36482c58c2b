import { expect, test } from 'vitest'
import { elsewhere } from '../../../../manager-bot/terminal/door/elsewhere.ts'

const installed = (path: string) => ['/etc/tbs', '/var/lib/tbs'].includes(path)
const typed = (line: string, { state = false, env = {}, exists = installed } = {}) =>
  elsewhere(line.split(' '), { state, env, exists })

test('--host takes what is about the server, and leaves the verb as it was typed', () => {
  const state = true
  expect(typed('logs echo-bot 30 --grep=x --host root@vps --json', { state })).toEqual({
    host: 'root@vps',
    options: {},
    words: ['logs', 'echo-bot', '30', '--grep=x', '--json'],
  })
  expect(typed('--host=vps bots --instance two --port 2222 --key=./key --fingerprint SHA256:x', { state })).toEqual({
    host: 'vps',
    options: { instance: 'two', port: '2222', key: './key', fingerprint: 'SHA256:x' },
    words: ['bots'],
  })
})

test('what is behind -- is another program’s', () => {
  const { words, host } = typed('exec echo-bot --host vps -- psql --host db --port 5432') ?? {}
  expect({ words, host }).toEqual({
    host: 'vps',
    words: ['exec', 'echo-bot', '--', 'psql', '--host', 'db', '--port', '5432'],
  })
  expect(typed('exec echo-bot -- psql --host db', { state: true })).toBeUndefined()
})

test('without a host it is the manager that is installed here, where this place has no state of its own', () => {
  expect(typed('bots --json')).toEqual({ host: undefined, options: {}, words: ['bots', '--json'] })
  expect(typed('bots', { state: true })).toBeUndefined()
  expect(typed('bots', { exists: () => false })).toBeUndefined()
  expect(typed('bots', { env: { TBS_INSTANCE: 'two' } })).toBeUndefined()
  const two = (path: string) => path.endsWith('/two')
  expect(typed('bots', { env: { TBS_INSTANCE: 'two' }, exists: two })?.words).toEqual(['bots'])
})

test.each(['install', 'install --port 22', 'uninstall', 'demo', 'validate', 'serve', 'healthcheck', 'help', '--help'])(
  '%s stays on the machine on which it is typed, and so does help',
  (line) => {
    expect(typed(line)).toBeUndefined()
    expect(typed(`bots ${line}`.includes('--help') ? `bots ${line}` : line)).toBeUndefined()
  },
)
