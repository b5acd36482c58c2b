import { describe, expect, test } from 'vitest'
import { envDefaults, exampleLines } from '../../../deploy-engine/image/env-example.ts'
import { below } from '../../../deploy-engine/image/source-tree.ts'
import { treeOf } from './trees.ts'

const ofTree = (files: Record<string, string>, given: string[] = []) =>
  envDefaults(exampleLines(treeOf(files), treeOf(files)), given)
const defaults = (text: string, file = '.env.example') => ofTree({ [file]: text }, ['BOT_TOKEN'])

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
  const files = { '.env': 'A=1', '.env.dist': 'A=2', '.env.example': 'A=3', 'web/.env.example': 'A=4' }
  expect(ofTree(files).env).toEqual({ A: '3' })
  expect(ofTree({ '.env': 'A=1', '.env.dist': 'A=2' }).env).toEqual({ A: '2' })
  expect(ofTree({ '.env': 'A=1' }).env).toEqual({ A: '1' })
  expect(ofTree({ 'web/.env.example': 'A=4' }).env).toEqual({})
})

test('a bot in a directory has the example there, else the one at the top of the repository', () => {
  const lines = (files: Record<string, string>) => exampleLines(below(treeOf(files), 'bot'), treeOf(files))
  const [own, top] = [{ 'bot/.env.sample': 'A=1' }, { '.env.example': 'A=2' }]
  expect(lines({ ...own, ...top })).toEqual([{ name: 'A', value: '1', place: '.env.sample:1' }])
  expect(lines(top)).toEqual([{ name: 'A', value: '2', place: '.env.example:1' }])
})

describe('what is said about a variable', () => {
  test.each([
    ['# Who may do everything\nA=1', 'Who may do everything'],
    ['# ==== Admins ====\n# Who may\n# do it\nA=1', 'Admins Who may do it'],
    ['A=1 # the port', 'the port'],
    ['A= # from @BotFather', 'from @BotFather'],
    ['A="x # y" # two', 'two'],
    ['# B=2\nA=1', undefined],
    ['# About B\nB=2\nA=1', undefined],
    ['# About the file\n\nA=1', undefined],
    ['A=#fff', 'fff'],
  ])('%j', (text, comment) => {
    const tree = treeOf({ '.env.example': text })
    expect(exampleLines(tree, tree).find(({ name }) => name === 'A')?.comment).toBe(comment)
  })
})
