import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig, requireToken } from '../../manager-bot/config.ts'

const TOKEN = '123456789:AAExampleOfThirtyFiveCharacters_xyz'

test('defaults', () => {
  const config = readConfig({ TBS_TOKEN: TOKEN })
  expect(config).toMatchObject({
    instance: 'tbs',
    dataDir: join(process.cwd(), '.tbs'),
    keyFile: join(process.cwd(), '.tbs.key'),
    apiRoot: 'https://api.telegram.org',
    botsApiRoot: 'https://api.telegram.org',
    gitProtocols: ['https', 'ssh'],
    netPool: '10.213.0.0/16',
    redisUrl: undefined,
    heartbeatUrl: undefined,
    ownerId: undefined,
  })
  expect(requireToken(config).reveal()).toBe(TOKEN)
  expect(inspect(config)).not.toContain(TOKEN)
})

test('containers reach this host by another name than localhost', () => {
  const seen = (TELEGRAM_API_ROOT: string) => readConfig({ TELEGRAM_API_ROOT }).botsApiRoot
  expect(seen('http://localhost:8081/')).toBe('http://host.docker.internal:8081')
  expect(seen('http://127.0.0.1:8081')).toBe('http://host.docker.internal:8081')
  expect(seen('http://[::1]:8081/api/')).toBe('http://host.docker.internal:8081/api')
  expect(seen('https://telegram.example.org')).toBe('https://telegram.example.org')
  const given = { TELEGRAM_API_ROOT: 'http://localhost:1', TBS_BOTS_API_ROOT: 'http://10.0.0.1:2' }
  expect(readConfig(given).botsApiRoot).toBe('http://10.0.0.1:2')
})

test('a program for backups is words, or a JSON array where one of them has a space', () => {
  const words = (TBS_BACKUP_CMD: string) => readConfig({ TBS_BACKUP_CMD }).backupCommand
  expect(words('rclone  move --config /etc/r.conf')).toEqual(['rclone', 'move', '--config', '/etc/r.conf'])
  expect(words('["/opt/my program", "to; there"]')).toEqual(['/opt/my program', 'to; there'])
  expect(readConfig({}).backupCommand).toBeUndefined()
})

test.each([
  ['TBS_BACKUP_CMD', '   ', 'takes a program with its arguments'],
  ['TBS_BACKUP_CMD', '["rclone"', 'takes a program with its arguments'],
  ['TBS_BACKUP_CMD', '["rclone", 3]', 'takes a program with its arguments'],
  ['TBS_TOKEN', 'hello', 'a bot token looks like'],
  ['TBS_TOKEN_FILE', '/nowhere/token', 'ENOENT'],
  ['TBS_INSTANCE', 'My Bots', 'lower-case letters'],
  ['TBS_OWNER_ID', '@me', 'numeric Telegram user id'],
  ['TELEGRAM_API_ROOT', 'api.telegram.org', 'http or https URL'],
  ['TBS_BOTS_API_ROOT', 'file:///etc', 'http or https URL'],
  ['REDIS_URL', 'localhost:6379', 'redis:// or rediss:// URL'],
  ['TBS_HEARTBEAT_URL', 'hc.example.org/secret', 'http or https URL'],
  ['TBS_HEARTBEAT_URL', 'ftp://hc.example.org/', 'http or https URL'],
  ['TBS_GIT_PROTOCOLS', 'https,ssh', 'joined by colons'],
  ['TBS_GIT_PROTOCOLS', 'ext', 'joined by colons'],
  ['TBS_NET_POOL', '10.213.0.0', 'IPv4 range'],
])('%s=%s stops the start, with the name of the variable', (name, value, takes) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`${name}: .*${takes}`))
})

test('an empty variable counts as not set; a missing token is named when it is needed', () => {
  const config = readConfig({ TBS_TOKEN: '', REDIS_URL: '' })
  expect(config.redisUrl).toBeUndefined()
  expect(() => requireToken(config)).toThrow(/^TBS_TOKEN is not set/)
})

test('the heartbeat URL is a secret, also when it is wrong', () => {
  const config = readConfig({ TBS_HEARTBEAT_URL: 'https://hc.example.org/5e0a' })
  expect(inspect(config)).not.toContain('5e0a')
  expect(config.heartbeatUrl?.reveal()).toBe('https://hc.example.org/5e0a')
  expect(() => readConfig({ TBS_HEARTBEAT_URL: 'hc.example.org/5e0a' })).toThrow(/^((?!5e0a).)*$/)
})

test('the token from a file, which the error does not repeat', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tbs-config-'))
  const file = join(directory, 'token')
  try {
    writeFileSync(file, `${TOKEN}\n`)
    expect(requireToken(readConfig({ TBS_TOKEN_FILE: file })).reveal()).toBe(TOKEN)
    writeFileSync(file, 'almost-a-secret')
    expect(() => readConfig({ TBS_TOKEN_FILE: file })).toThrow(/TBS_TOKEN_FILE: .* does not hold a bot token$/)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
