import { describe, expect, test } from 'vitest'
import { repoFacts } from '../../../deploy-engine/image/repo-facts.ts'
import { NO_CHOICES, treeOf } from './trees.ts'

const facts = (files: Record<string, string | object>, choices = {}) =>
  repoFacts(treeOf(files), { ...NO_CHOICES, ...choices })
const NODE = { 'package.json': { scripts: { start: 'node bot.js' }, dependencies: { telegraf: '4' } } }
const DOCKERFILE = 'FROM node:24\nWORKDIR /usr/src/app\nCOPY . .\nENV LEVEL=info MODE=polling\nCMD ["node", "bot.js"]\n'

describe('the way to build', () => {
  test.each<[string, Record<string, string | object>, string]>([
    ['Node with a lockfile', { ...NODE, 'package-lock.json': '{}' }, 'Node 24, by package-lock.json'],
    ['Node without one', NODE, 'Node 24, by package.json'],
    ['Python', { 'requirements.txt': 'aiogram==3', 'bot.py': 'import aiogram' }, 'Python 3.11, by requirements.txt'],
    ['an own Dockerfile', { ...NODE, Dockerfile: DOCKERFILE }, 'its Dockerfile'],
    [
      'one below the top',
      { ...NODE, 'docker/bot/Dockerfile': DOCKERFILE, 'docker-compose.yml': composeOf('docker/bot/Dockerfile') },
      'its Dockerfile docker/bot/Dockerfile',
    ],
  ])('%s', (_what, files, way) => {
    expect(facts({ 'bot.js': '', ...files }).build?.way).toBe(way)
  })

  test('its evidence is about nothing else, and an alternative is named', () => {
    const { build } = facts({
      ...NODE,
      'bot.js': 'process.env.TOKEN',
      Dockerfile: DOCKERFILE,
      '.env.example': 'A=1\nB=',
    })
    expect(build).toMatchObject({ kind: 'dockerfile', alternative: 'a Node image by package.json' })
    expect(build?.evidence.join('\n')).not.toMatch(/token variable|defaults from|not set|volumes/)
    expect(build?.evidence[0]).toMatch(/^Dockerfile: built as it is/)
  })
})

describe('what can’t be built', () => {
  test('is said with the rest of what is known', () => {
    const found = facts({ 'main.go': 'os.Getenv("TG_TOKEN")', 'go.mod': '', '.env.sample': 'ADMIN_ID=' })
    expect(found).toMatchObject({
      problem: { code: 'cannot_detect', message: expect.stringContaining('Go is not built'), hint: expect.any(String) },
      token: { name: 'TG_TOKEN' },
      variables: [{ name: 'ADMIN_ID', ask: true }],
      data: [],
    })
    expect(found.build).toBeUndefined()
  })

  test('several bots: the directories that could be started, without tests and vendored ones', () => {
    const found = facts({
      'bots/echo/package.json': NODE['package.json'],
      'bots/quiz/package.json': NODE['package.json'],
      'test/fixture/package.json': '{}',
      'node_modules/a/package.json': '{}',
    })
    expect(found.problem?.code).toBe('cannot_detect')
    expect(found.directories).toEqual(['bots/echo', 'bots/quiz'])
  })

  test('a path that is not there, and a tbs.yaml that is wrong', () => {
    const files = { 'bot/package.json': NODE['package.json'] }
    expect(facts(files, { path: 'bto' })).toMatchObject({ problem: { code: 'cannot_detect' }, directories: ['bot'] })
    const wrong = facts({ ...NODE, 'bot.js': '', 'tbs.yaml': 'run: { memroy: 1g }' })
    expect(wrong).toMatchObject({ problem: { code: 'bad_tbs_yaml' }, directories: [] })
  })
})

test('a directory of its own: what is in it, with names relative to it', () => {
  const files = {
    'web/package.json': '{}',
    'bot/package.json': NODE['package.json'],
    'bot/bot.js': 'process.env.TG_TOKEN',
  }
  expect(facts({ ...files, 'bot/.env.dist': 'A=\n' }, { path: 'bot' })).toMatchObject({
    directory: 'bot',
    directories: [],
    token: { name: 'TG_TOKEN', evidence: 'bot.js:1 process.env.TG_TOKEN' },
    variables: [{ name: 'A', ask: true, evidence: '.env.dist:1' }],
  })
})

describe('the token’s variable', () => {
  test('with its strongest reason and the others', () => {
    const files = {
      ...NODE,
      'bot.js': '//\nnew Telegraf(process.env.TG_TOKEN)\nprocess.env.DEV_BOT_TOKEN',
      '.env.example': 'TOKEN=',
    }
    expect(facts(files).token).toEqual({
      name: 'TG_TOKEN',
      evidence: 'bot.js:2 process.env.TG_TOKEN',
      others: ['TOKEN', 'DEV_BOT_TOKEN'],
    })
  })

  test('as tbs.yaml says, as chosen, or only the usual name', () => {
    const files = { ...NODE, 'bot.js': 'process.env.TG_TOKEN' }
    expect(facts({ ...files, 'tbs.yaml': '\nrun:\n  token_env: MINE' }).token).toEqual({
      name: 'MINE',
      evidence: 'tbs.yaml:3',
      others: ['TG_TOKEN'],
    })
    expect(facts(files, { tokenEnv: 'MINE' }).token).toMatchObject({ name: 'MINE', others: ['TG_TOKEN'] })
    expect(facts({ ...NODE, 'bot.js': '' }).token).toEqual({ name: 'BOT_TOKEN', evidence: '', others: [] })
  })

  test('no secret that the repository holds is shown', () => {
    const token = `123456789:${'A'.repeat(35)}`
    expect(facts({ ...NODE, 'bot.js': '', '.env': `BOT_TOKEN=${token}` }).token.evidence).toBe('.env:1 BOT_TOKEN=')
    const inSource = facts({ ...NODE, 'bot.js': `const BOT_TOKEN = '${token}' // ${'x'.repeat(200)}` })
    expect(inSource.token.evidence).toBe(`bot.js:1 const BOT_TOKEN = '[token]' // ${'x'.repeat(49)}`)
    const cut = facts({ ...NODE, 'bot.js': `${' '.repeat(40)}${'y'.repeat(40)} BOT_TOKEN='${token}'` })
    expect(cut.token.evidence).not.toContain('AAA')
  })
})

describe('the other variables', () => {
  const variables = (example: string, more: Record<string, string | object> = {}, bot = '') =>
    facts({ ...NODE, 'bot.js': `process.env.BOT_TOKEN;${bot}`, '.env.example': example, ...more }).variables

  test('defaults are taken, the others asked for, the token’s left out', () => {
    const example =
      '# From @BotFather\nBOT_TOKEN=123:abc\n# Who may do everything\nADMIN_ID=\nLEVEL=info\nKEY=your_key\n'
    expect(variables(`${example}TELEGRAM_API_ROOT=http://x\nNODE_ENV=production`)).toEqual([
      { name: 'ADMIN_ID', ask: true, comment: 'Who may do everything', evidence: '.env.example:4' },
      { name: 'LEVEL', value: 'info', ask: false, evidence: '.env.example:5' },
      { name: 'KEY', ask: true, evidence: '.env.example:6' },
    ])
  })

  test('a database on this machine, or under a name of the compose network, is not in the container', () => {
    const compose = { 'docker-compose.yml': 'services:\n  cache:\n    image: redis\n' }
    expect(
      variables('A=redis://localhost:6379\nB=redis://cache:6379\nC=127.0.0.1\nD=redis://far.example.io', compose),
    ).toEqual([
      { name: 'A', value: 'redis://localhost:6379', ask: true, evidence: '.env.example:1' },
      { name: 'B', value: 'redis://cache:6379', ask: true, evidence: '.env.example:2' },
      { name: 'C', value: '127.0.0.1', ask: true, evidence: '.env.example:3' },
      { name: 'D', value: 'redis://far.example.io', ask: false, evidence: '.env.example:4' },
    ])
  })

  test('what tbs.yaml or the Dockerfile sets needs no question', () => {
    expect(variables('A=\nB=', { 'tbs.yaml': 'run: { env: { A: x } }' })).toMatchObject([{ name: 'B' }])
    expect(variables('LEVEL=\nMODE=\nB=', { Dockerfile: DOCKERFILE })).toMatchObject([{ name: 'B' }])
  })

  test.each<[string, string, string, string]>([
    ['bot.ts', 'process.env.ADMIN_ID!', 'ADMIN_ID', 'bot.ts:1 process.env.ADMIN_ID!'],
    ['bot.ts', "process.env['ADMIN_ID']!", 'ADMIN_ID', "bot.ts:1 process.env['ADMIN_ID']!"],
    ['a.js', "env.get('ADMIN_ID').required().asInt()", 'ADMIN_ID', "a.js:1 env.get('ADMIN_ID').required("],
    ['a.py', 'os.environ["ADMIN_ID"]', 'ADMIN_ID', 'a.py:1 os.environ["ADMIN_ID"]'],
    ['a.py', 'from environs import Env; env.int("ADMIN_ID")', 'ADMIN_ID', 'a.py:1 env.int("ADMIN_ID")'],
    [
      'a.py',
      'from decouple import config; config("ADMIN_ID", cast=int)',
      'ADMIN_ID',
      'a.py:1 config("ADMIN_ID", cast=int)',
    ],
    ['a.rs', 'std::env::var("ADMIN_ID").expect("no")', 'ADMIN_ID', 'a.rs:1 env::var("ADMIN_ID").expect('],
    ['a.rb', 'ENV.fetch("ADMIN_ID")', 'ADMIN_ID', 'a.rb:1 ENV.fetch("ADMIN_ID")'],
  ])('a hint, where a program can’t do without: %s %s', (path, source, name, evidence) => {
    expect(variables('', { [path]: source })).toEqual([{ name, ask: false, evidence }])
  })

  test.each([
    ['a.js', 'process.env.ADMIN_ID'],
    ['a.ts', 'process.env.ADMIN_ID !== x'],
    ['a.ts', "process.env.ADMIN_ID ?? '1'"],
    ['a.py', 'os.environ.get("ADMIN_ID")'],
    ['a.py', 'os.environ["ADMIN_ID"] = "1"'],
    ['a.py', 'from environs import Env; env.int("ADMIN_ID", 1)'],
    ['a.py', 'from decouple import config; config("ADMIN_ID", default=1)'],
    ['a.rb', 'ENV.fetch("ADMIN_ID", 1)'],
    ['a.rb', 'ENV.fetch("ADMIN_ID") { 1 }'],
    ['a.py', 'os.environ["HOME"]'],
    ['test/a.py', 'os.environ["ADMIN_ID"]'],
  ])('none: %s %s', (path, source) => {
    expect(variables('', { [path]: source })).toEqual([])
  })
})

describe('data', () => {
  const data = (files: Record<string, string | object>) =>
    facts({ 'bot.js': '', ...files }).data.map(({ path, kept }) => `${path}${kept ? '' : '?'}`)

  test.each<[string, Record<string, string | object>, string[]]>([
    ['what a generated image keeps', NODE, ['/app/data']],
    ['VOLUME lines', { ...NODE, Dockerfile: `${DOCKERFILE}VOLUME /var/bot\n` }, ['/var/bot']],
    ['tbs.yaml', { ...NODE, 'tbs.yaml': 'run: { volumes: [/app/db] }' }, ['/app/db']],
    ['a path beside it', { ...NODE, '.env.example': 'DB_PATH=./storage/bot.db' }, ['/app/data', '/app/storage?']],
    ['a path in it', { ...NODE, '.env.example': 'DB_PATH=data/deep/bot.db' }, ['/app/data']],
    [
      'a whole path',
      { ...NODE, '.env.example': 'DATABASE_URL=sqlite:////srv/db/bot.sqlite' },
      ['/app/data', '/srv/db?'],
    ],
    [
      'twice the same',
      { ...NODE, '.env.example': 'LOG_DIR=logs/\nLOG_FILE=logs/bot.log' },
      ['/app/data', '/app/logs?'],
    ],
    ['in an own image', { Dockerfile: DOCKERFILE, '.env.example': 'DATA_DIR=./data/' }, ['/usr/src/app/data?']],
    [
      'not beside the program',
      { Dockerfile: DOCKERFILE, '.env.example': 'DB_PATH=./bot.db\nDATA_DIR=/usr/src/app' },
      [],
    ],
    [
      'not the program itself',
      {
        Dockerfile: 'FROM node:24\nWORKDIR /bot\nCMD ["node", "bot.js"]',
        '.env.example': 'DB_PATH=./bot.db\nDATA_DIR=/bot/',
      },
      [],
    ],
    ['not of the system', { Dockerfile: DOCKERFILE, '.env.example': 'LOG_PATH=/tmp/x/y.log\nDATA_FILE=../x/y' }, []],
    ['no URL and no sentence', { Dockerfile: DOCKERFILE, '.env.example': 'DB_URL=http://a.b/c\nLOG=a / b' }, []],
  ])('%s', (_what, files, paths) => {
    expect(data(files)).toEqual(paths)
  })

  test('has its evidence', () => {
    expect(facts({ ...NODE, 'bot.js': '', '.env.example': 'DB_PATH=./storage/bot.db' }).data).toEqual([
      { path: '/app/data', kept: true, evidence: 'volume: /app/data, what the bot writes to data/ is kept' },
      { path: '/app/storage', kept: false, evidence: '.env.example:1 DB_PATH=./storage/bot.db' },
    ])
  })
})

test('example config files, but not those that would lie in a volume', () => {
  const files = { ...NODE, 'bot.js': '', 'config.example.json': '{}', 'data/settings.json.sample': '{}' }
  expect(facts({ ...files, 'tbs.yaml': 'run: { volumes: [/app/data] }' }).configFiles).toEqual([
    { example: 'config.example.json', target: 'config.json' },
  ])
})

function composeOf(dockerfile: string): string {
  return `services:\n  bot:\n    build: { context: ., dockerfile: ${dockerfile} }\n`
}
