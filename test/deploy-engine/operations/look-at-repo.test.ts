import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, lookAtRepo, openEngine, Secret } from '../../../deploy-engine/index.ts'
import { quietLog } from '../../helpers/engine.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'

const TOKEN = `123456789:${'A'.repeat(35)}`

let directory: string
let dataDir: string
let engine: Engine
let repo: GitRepo
let close = async () => {}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-look-'))
  dataDir = join(directory, 'data')
  const roots = { apiRoot: 'http://127.0.0.1:1', botsApiRoot: 'http://127.0.0.1:1' }
  const names = { instance: 'tbs-look', keyFile: join(directory, 'key'), timezone: 'Etc/UTC' }
  const settings = { ...roots, ...names, dataDir, gitProtocols: ['file'], netPool: '10.213.0.0/16' }
  ;({ engine, close } = await openEngine(settings, { log: quietLog }))
  repo = await gitRepo(join(directory, 'repo'))
})

afterAll(async () => {
  await close()
  await rm(directory, { recursive: true, force: true })
})

const look = (more: { ref?: string; path?: string; repo?: string } = {}) =>
  lookAtRepo(engine, { repo: repo.url, ...more }, new AbortController().signal)

const leftovers = async (): Promise<string[]> => {
  const paths = await readdir(dataDir, { recursive: true })
  return paths.filter((path) => !/^(tbs\.sqlite(-\w+)?|tmp|known_hosts)$/.test(path))
}

const FILES = {
  'package.json': '{"scripts":{"start":"node bot.js"},"dependencies":{"telegraf":"4"}}',
  'bot.js': 'new Telegraf(process.env.TG_TOKEN).launch()\n',
  '.env.example': '# Who may do everything\nADMIN_ID=\nLEVEL=info\nTG_TOKEN=\nDB_PATH=./storage/bot.db\n',
  'config.example.json': '{}',
}

test('all that a person has to be asked, of the default branch, and nothing stays', async () => {
  const sha = await repo.commit('main', FILES, `Show ${TOKEN}`)
  expect(await look()).toEqual({
    sha,
    subject: 'Show [token]',
    branch: 'main',
    directory: '',
    directories: [],
    build: { kind: 'node', way: 'Node 24, by package.json', evidence: expect.any(Array) },
    token: { name: 'TG_TOKEN', evidence: 'bot.js:1 process.env.TG_TOKEN', others: [] },
    variables: [
      { name: 'ADMIN_ID', ask: true, comment: 'Who may do everything', evidence: '.env.example:2' },
      { name: 'LEVEL', value: 'info', ask: false, evidence: '.env.example:3' },
      { name: 'DB_PATH', value: './storage/bot.db', ask: false, evidence: '.env.example:5' },
    ],
    data: [
      { path: '/app/data', kept: true, evidence: expect.any(String) },
      { path: '/app/storage', kept: false, evidence: '.env.example:5 DB_PATH=./storage/bot.db' },
    ],
    configFiles: [{ example: 'config.example.json', target: 'config.json' }],
  })
  expect(await leftovers()).toEqual([])
})

test('another branch, in a directory of it', async () => {
  const files = Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`bots/echo/${path}`, text]))
  const sha = await repo.commit('other', { ...files, 'bots/quiz/package.json': FILES['package.json'] })
  const whole = await look({ ref: 'other' })
  expect(whole).toMatchObject({ sha, problem: { code: 'cannot_detect' }, directories: ['bots/echo', 'bots/quiz'] })
  expect(whole.branch).toBeUndefined()
  expect(await look({ ref: 'other', path: './bots/echo/' })).toMatchObject({
    directory: 'bots/echo',
    build: { kind: 'node' },
    token: { name: 'TG_TOKEN' },
  })
})

test.each([
  ['unknown_ref', { ref: 'gone' }],
  ['bad_value', { path: '../x' }],
  ['bad_value', { repo: 'https://user:secret@example.org/x.git' }],
  ['protocol_refused', { repo: 'https://example.org/x.git' }],
  ['fetch_failed', { repo: 'file:///nowhere/at/all' }],
])('%s: %j, and nothing stays', async (code, request) => {
  await expect(look(request)).rejects.toMatchObject({ name: 'TbsError', code })
  expect(await leftovers()).toEqual([])
})

test('given up in the middle, nothing stays either', async () => {
  const controller = new AbortController()
  let before: string[] = []
  const git: Engine['git'] = {
    ...engine.git,
    checkout: async (request, signal) => {
      before = await leftovers()
      controller.abort(new Error('enough'))
      return engine.git.checkout(request, signal)
    },
  }
  await expect(lookAtRepo({ ...engine, git }, { repo: repo.url }, controller.signal)).rejects.toThrow('enough')
  expect(before).toContainEqual(expect.stringMatching(/^tmp\/look-mirror-\w+\/objects$/))
  expect(await leftovers()).toEqual([])
})

test('no secret of the access is in the report', async () => {
  await repo.commit('main', FILES, 'Use s3cret-access-token')
  const access = { token: new Secret('s3cret-access-token') }
  const { subject } = await lookAtRepo(engine, { repo: repo.url, access }, new AbortController().signal)
  expect(subject).toBe('Use [secret]')
})
