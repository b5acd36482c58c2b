import { describe, expect, test } from 'vitest'
import { planBuild } from '../../../../deploy-engine/image/plan.ts'
import { NO_CHOICES, thrownBy, treeOf } from '../trees.ts'

type Files = Record<string, string | object>

const plan = (files: Files) => planBuild(treeOf(files), { ...NO_CHOICES, tokenEnv: 'BOT_TOKEN' })

/** CMD, build step and the lines of evidence about them. */
const startOf = (files: Files) => {
  const { dockerfile, release } = plan(files)
  return {
    command: JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]'),
    build: /^RUN (.* build)$/m.exec(dockerfile)?.[1],
    evidence: release.evidence.filter((line) => /script(?! calls)|start:/.test(line)),
  }
}

const withScripts = (scripts: Record<string, string>, more: object = {}): Files => ({
  'package.json': { scripts, ...more },
})

describe('a start script', () => {
  test.each<[string, string[]]>([
    ['node index.js', ['node', 'index.js']],
    ['node .', ['node', '.']],
    [
      'node --max-old-space-size=256 -r dotenv/config "dist/my bot.js" --flag',
      ['node', '--max-old-space-size=256', '-r', 'dotenv/config', 'dist/my bot.js', '--flag'],
    ],
    ["node 'src/index.js'", ['node', 'src/index.js']],
    ['node --env-file=.env bot.mjs', ['node', '--env-file=.env', 'bot.mjs']],
  ])('%s runs without npm', (script, command) => {
    expect(startOf(withScripts({ start: script })).command).toEqual(command)
  })

  test.each([
    'tsc && node dist/index.js',
    'node $FILE',
    'node -e "require(1)"',
    'node',
    'NODE_ENV=production node index.js',
    'cross-env A=1 node index.js',
    'ts-node src/index.ts',
    'tsx src/index.ts',
    'node index.js > log.txt',
    'node index.js; echo',
    'node `pwd`',
    'node "$(pwd)"',
    'node index.js & node other.js',
    'sh start.sh',
  ])('%s is left to npm', (script) => {
    expect(startOf(withScripts({ start: script }, { dependencies: { tsx: '1' } })).command).toEqual([
      'npm',
      'run',
      'start',
    ])
  })

  test('hooks around it are kept', () => {
    expect(startOf(withScripts({ start: 'node a.js', prestart: 'node b.js' })).command).toEqual(['npm', 'run', 'start'])
    expect(startOf(withScripts({ start: 'node a.js', poststart: 'node b.js' })).command).toEqual([
      'npm',
      'run',
      'start',
    ])
  })

  test('variables that npm sets are kept', () => {
    const files = { ...withScripts({ start: 'node a.js' }), 'a.js': 'log(process.env.npm_package_version)' }
    expect(startOf(files).command).toEqual(['npm', 'run', 'start'])
  })

  test('a script that only calls another one is followed', () => {
    const scripts = { start: 'npm run serve', serve: 'yarn go', go: 'node bot.js' }
    expect(startOf(withScripts(scripts))).toMatchObject({
      command: ['node', 'bot.js'],
      evidence: ['go script: node bot.js (package.json:5)'],
    })
    expect(startOf(withScripts({ start: 'npm run start' })).command).toEqual(['npm', 'run', 'start'])
  })

  test('the evidence has the script and its line', () => {
    const files = withScripts({ build: 'tsc', start: 'node dist/index.js' })
    expect(startOf(files).evidence).toEqual([
      'build script: tsc (package.json:3)',
      'start script: node dist/index.js (package.json:4)',
    ])
  })
})

describe('file watchers are taken away', () => {
  const typescript = { devDependencies: { 'ts-node': '10' } }
  test.each<[string, string[], object?]>([
    ['nodemon index.js', ['node', 'index.js']],
    ['nodemon', ['node', 'index.js'], { main: 'index.js' }],
    ['nodemon .', ['node', '.']],
    ['npx nodemon --quiet -w src -e js,json index.js --verbose', ['node', 'index.js', '--verbose']],
    ['nodemon --watch src/**/*.ts --exec ts-node src/index.ts', ['ts-node', 'src/index.ts']],
    ["nodemon --watch 'src/**/*.ts' --exec 'ts-node' src/index.ts", ['ts-node', 'src/index.ts']],
    ['nodemon --exec="tsx" src/index.ts', ['tsx', 'src/index.ts']],
    ['nodemon -x "node --loader ts-node/esm" src/index.ts', ['node', '--loader', 'ts-node/esm', 'src/index.ts']],
    ['nodemon -r dotenv/config index.js', ['node', '-r', 'dotenv/config', 'index.js']],
    ['nodemon src/index.ts', ['ts-node', 'src/index.ts'], typescript],
    ['nodemon src/index.ts', ['node', '--experimental-transform-types', 'src/index.ts']],
    ['nodemon', ['ts-node', './src/app.ts'], { nodemonConfig: { exec: 'ts-node ./src/app.ts' } }],
    ['ts-node-dev --respawn --transpile-only src/index.ts', ['ts-node', '--transpile-only', 'src/index.ts']],
    [
      'tsnd --ignore-watch node_modules --debounce 100 -P tsconfig.json src/i.ts',
      ['ts-node', '-P', 'tsconfig.json', 'src/i.ts'],
    ],
    ['tsx watch src/index.ts', ['tsx', 'src/index.ts']],
    ['tsx watch --clear-screen=false --include "src/**" src/index.ts --x', ['tsx', 'src/index.ts', '--x']],
    ['node --watch index.js', ['node', 'index.js']],
    ['node --watch-path=src --watch --env-file .env index.js', ['node', '--env-file', '.env', 'index.js']],
    ['tsc && nodemon dist/index.js', ['/bin/sh', '-c', 'tsc && node dist/index.js']],
    ['cross-env NODE_ENV=development nodemon a.js', ['cross-env', 'NODE_ENV=development', 'node', 'a.js']],
    ['A=1 B=2 nodemon a.js', ['/bin/sh', '-c', 'A=1 B=2 node a.js']],
  ])('%s', (script, command, more = {}) => {
    const start = startOf(withScripts({ start: script }, more))
    expect(start.command).toEqual(command)
    expect(start.evidence[0]).toContain(`without the file watcher of ${script}`)
  })

  test('as nodemon.json has it', () => {
    const files = { ...withScripts({ start: 'nodemon' }), 'nodemon.json': '{ "exec": "ts-node -r \\"x\\" a.ts", }' }
    expect(startOf(files).command).toEqual(['ts-node', '-r', 'x', 'a.ts'])
  })

  test('what came before the script still does', () => {
    const files = withScripts({ prestart: 'node migrate.js', start: 'nodemon a.js' })
    expect(startOf(files).command).toEqual(['/bin/sh', '-c', 'npm run prestart && node a.js'])
  })

  test.each(['nodemon $MAIN', 'nodemon a.js | tee log', 'concurrently "tsc -w" "nodemon dist/a.js"', 'ts-node-dev'])(
    '%s is not understood: kept, with a warning',
    (script) => {
      const { command, evidence } = startOf(withScripts({ start: script }))
      expect(command).toEqual(['npm', 'run', 'start'])
      expect(evidence[0]).toContain('hides crashes: set run.command in tbs.yaml')
    },
  )

  test.each(['node src/watch.js', 'node nodemonster.js', 'node constructor.js', 'constructor watch'])(
    '%s is none',
    (script) => {
      expect(startOf(withScripts({ start: script })).evidence[0]).not.toContain('watcher')
    },
  )
})

describe('without a start script', () => {
  test.each<[string, Files, string[]]>([
    ['the only other script', withScripts({ dev: 'node a.js', lint: 'x' }), ['node', 'a.js']],
    ['serve', withScripts({ serve: 'node a.js' }), ['node', 'a.js']],
    ['main', { 'package.json': { main: './lib/bot.js' }, 'lib/bot.js': '', 'index.js': '' }, ['node', 'lib/bot.js']],
    [
      'main over scripts that compete',
      { 'package.json': { main: 'a.js', scripts: { dev: 'x', server: 'y' } }, 'a.js': '' },
      ['node', 'a.js'],
    ],
    [
      'main that the build makes',
      { 'package.json': { main: 'dist/i.js', scripts: { build: 'tsc' } } },
      ['node', 'dist/i.js'],
    ],
    ['main that is not there', { 'package.json': { main: 'index.js' }, 'bot.js': '' }, ['node', 'bot.js']],
    ['a main of blanks', { 'package.json': { main: ' ' }, 'bot.js': '' }, ['node', 'bot.js']],
    ['bot.js before index.js', { 'package.json': {}, 'bot.js': '', 'index.js': '' }, ['node', 'bot.js']],
    ['a file in src', { 'package.json': {}, 'src/main.mjs': '' }, ['node', 'src/main.mjs']],
    ['JavaScript before TypeScript', { 'package.json': {}, 'bot.ts': '', 'src/app.js': '' }, ['node', 'src/app.js']],
    [
      'TypeScript by Node',
      { 'package.json': {}, 'index.ts': '' },
      ['node', '--experimental-transform-types', 'index.ts'],
    ],
    [
      'TypeScript by tsx',
      { 'package.json': { devDependencies: { tsx: '4' } }, 'src/bot.ts': '' },
      ['tsx', 'src/bot.ts'],
    ],
    ['a name to be quoted', { 'package.json': { main: 'a "b" $c.js' }, 'a "b" $c.js': '' }, ['node', 'a "b" $c.js']],
  ])('%s', (_what, files, command) => {
    expect(startOf(files).command).toEqual(command)
  })

  test.each<[string, Files]>([
    ['nothing at all', { 'package.json': {} }],
    ['several scripts', withScripts({ dev: 'node a.js', server: 'node b.js' })],
    ['TypeScript on a Node that cannot', { 'package.json': { engines: { node: '20' } }, 'index.ts': '' }],
  ])('%s: the error says what was looked for', (_what, files) => {
    const error = thrownBy(() => plan(files))
    expect(error).toMatchObject({ code: 'cannot_detect', hint: expect.stringContaining('start script') })
    expect(String(error)).toMatch(/Looked for a start script, .*main.*bot\.js/)
  })
})

describe('what other files say, where no script does', () => {
  test.each<[string, Files, string[], string]>([
    ['Procfile', { Procfile: 'web: node web.js\nworker: node w.js', 'w.js': '' }, ['node', 'w.js'], 'Procfile:2'],
    ['README', { 'README.md': '# Run\n```\n$ node go.js\n```', 'go.js': '' }, ['node', 'go.js'], 'README.md:3'],
    [
      'compose',
      { 'compose.yml': 'services:\n  bot:\n    image: node\n    command: sh -c "node a.js"', 'a.js': '' },
      ['node', 'a.js'],
      'compose.yml:4',
    ],
  ])('%s', (_what, files, command, place) => {
    const start = startOf({ 'package.json': {}, ...files })
    expect(start.command).toEqual(command)
    expect(start.evidence[0]).toContain(place)
  })

  test('but not a file that is not there', () => {
    const files = { 'package.json': {}, 'bot.js': '', Procfile: 'worker: node gone.js' }
    expect(startOf(files).command).toEqual(['node', 'bot.js'])
  })
})

describe('Bun', () => {
  test('runs what its template names, and its watcher is taken away', () => {
    const lock = { 'bun.lock': '{}' }
    expect(startOf({ ...lock, 'package.json': { module: 'index.ts' }, 'index.ts': '' }).command).toEqual([
      'bun',
      'index.ts',
    ])
    expect(startOf({ ...lock, ...withScripts({ dev: 'bun --hot run src/i.ts' }) }).command).toEqual([
      'bun',
      'run',
      'src/i.ts',
    ])
  })
})

describe('functions for somebody else’s machines', () => {
  test.each<[string, Files]>([
    ['an emulator', { ...withScripts({ start: 'vercel dev' }), 'vercel.json': '{}' }],
    [
      'a handler',
      { 'package.json': { main: 'index.js' }, 'index.js': 'module.exports = handler', 'serverless.yml': '' },
    ],
  ])('%s: said so', (_what, files) => {
    expect(thrownBy(() => plan(files))).toMatchObject({
      code: 'cannot_detect',
      message: expect.stringMatching(/serverless functions \((vercel\.json|serverless\.yml)\)/),
    })
  })

  test('not a bot that polls and has such a file as well', () => {
    const files = { 'package.json': {}, 'bot.js': 'bot.launch()', 'vercel.json': '{}' }
    expect(startOf(files).command).toEqual(['node', 'bot.js'])
  })
})

describe('the build script', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['is run', { start: 'node a.js', build: 'tsc -p .' }, 'npm run build'],
    ['is not run if it says nothing', { start: 'node a.js', build: 'echo no build' }, undefined],
    ['is not run if it needs Docker', { start: 'node a.js', build: 'docker build .' }, undefined],
    ['is not run twice', { start: 'npm run build && node a.js', build: 'tsc' }, undefined],
    ['is not run twice under its own words', { start: 'tsc -p . && node a.js', build: 'tsc -p .' }, undefined],
    ['is not run twice by a hook', { prestart: 'npm run build', start: 'node a.js', build: 'tsc' }, undefined],
    ['is run if an echo makes a file', { start: 'node a.js', build: 'echo x > built' }, 'npm run build'],
    ['is run though start has a longer word', { start: 'npm run build-menu && node a', build: 'tsc' }, 'npm run build'],
  ])('%s', (_what, scripts, build) => {
    expect(startOf(withScripts(scripts)).build).toBe(build)
  })
})
