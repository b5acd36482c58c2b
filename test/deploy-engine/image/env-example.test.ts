import { describe, expect, test } from 'vitest'
import { envDefaults } from '../../../deploy-engine/image/env-example.ts'
import { treeOf } from './trees.ts'

const defaults = (text: string, file = '.env.example') => envDefaults(treeOf({ [file]: text }), ['BOT_TOKEN'])

describe('values that become defaults', () => {
  test.each([
    ['LOG_LEVEL=INFO', { LOG_LEVEL: 'INFO' }],
    ['BOT_MODE=polling', { BOT_MODE: 'polling' }],
    ['ADMINS=[]', { ADMINS: '[]' }],
    ['export PORT = 8080 # the port', { PORT: '8080' }],
    ['NAME="a # b"  # c', { NAME: 'a # b' }],
    ["NAME='it is'", { NAME: 'it is' }],
    ['NODE_ENV=development', { NODE_ENV: 'development' }],
    ['DATABASE_URL="file:./dev.db"', { DATABASE_URL: 'file:./dev.db' }],
    ['REDIS_URL=redis://localhost:6379/0', { REDIS_URL: 'redis://localhost:6379/0' }],
    ['MAX_TOKENS=1000', { MAX_TOKENS: '1000' }],
    ['TIMEOUT=300000', { TIMEOUT: '300000' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['LANGS=["en","ru"]', { LANGS: '["en","ru"]' }],
  ])('%s', (text, env) => {
    expect(defaults(text).env).toEqual(env)
  })
})

describe('values that do not', () => {
  test.each([
    'A=',
    'A=""',
    'A=#fff',
    'A=xxx',
    'STAND=prod|test',
    'CHANNEL=NAME_OF_YOUR_CHANNEL',
    'DB_COLLECTION=collection',
    'LINK=url',
    'A=XXXXXXXX',
    'A=your_name',
    'A="<your name>"',
    'A=123:abc',
    'A=change-me',
    'A=changeme',
    'A=...',
    'A={value}',
    'A=[your id]',
    'A=put-it-here',
    'A=https://example.com/hook',
    'A=$' + '{B}',
    'A="over',
    'ADMIN_ID=123456789',
    'OWNER_ID=267319461',
    'ADMINS=[267319461, 1]',
    'CHANNEL=-1001234567890',
    'BOT_TOKEN=polling',
    'OTHER_TOKEN=short',
    'OPENAI_API_KEY=abcdef',
    'DB_PASSWORD=postgres',
    'DATABASE_URL=postgres://user:pass@localhost/db',
    'A=sk-abc',
    'A=1234567890:AAExampleOfThirtyFiveCharacters12345',
    'A=3f2c1ab93f2c1ab93f2c1ab93f2c1ab9',
    'NODE_ENV=production',
    'NODE_ENV=test',
    '# A=1',
    'A-B=1',
    'just text',
  ])('%s', (text) => {
    expect(defaults(text).env).toEqual({})
  })
})

test('the evidence says what was used, what is missing, and why NODE_ENV is not set', () => {
  const { evidence } = defaults('MODE=polling\nADMIN_ID=\nSECRET=x\nNODE_ENV=production\nBOT_TOKEN=')
  expect(evidence).toEqual([
    'defaults from .env.example: MODE=polling',
    'not set, .env.example has no usable value: ADMIN_ID, SECRET',
    'NODE_ENV is left alone: production (.env.example:4) breaks many bots',
  ])
})

test('long lists are cut, and secrets never shown', () => {
  const many = Array.from({ length: 30 }, (_, index) => `V${index}=1`).join('\n')
  expect(defaults(many).evidence[0]).toMatch(/V11=1 and 18 more$/)
  expect(defaults('DB_PASSWORD=hunter2').evidence.join()).not.toContain('hunter2')
})

test('the usual name comes first, a committed .env last, and files below the top are not asked', () => {
  const tree = treeOf({ '.env': 'A=1', '.env.dist': 'A=2', '.env.example': 'A=3', 'web/.env.example': 'A=4' })
  expect(envDefaults(tree, []).env).toEqual({ A: '3' })
  expect(envDefaults(treeOf({ '.env': 'A=1', '.env.dist': 'A=2' }), []).env).toEqual({ A: '2' })
  expect(envDefaults(treeOf({ '.env': 'A=1' }), []).env).toEqual({ A: '1' })
  expect(envDefaults(treeOf({ 'web/.env.example': 'A=4' }), []).env).toEqual({})
})
