import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TbsError } from '../../../deploy-engine/error.ts'
import { readInstructions } from '../../../deploy-engine/image/dockerfile-instructions.ts'
import { planBuild } from '../../../deploy-engine/image/plan.ts'
import { NO_CHOICES, thrownBy, treeOf } from './trees.ts'

// Properties of hundreds of repositories, on a machine that may be busy.

type Files = Record<string, string | object>

const plan = (files: Files, tokenEnv: string | null = null) => planBuild(treeOf(files), { ...NO_CHOICES, tokenEnv })
const release = (files: Files, tokenEnv: string | null = null) => plan(files, tokenEnv).release

const NODE = { 'package.json': { scripts: { start: 'node bot.js' } }, 'bot.js': 'process.env.BOT_TOKEN' }
const OWN = { Dockerfile: 'FROM node:24\nCMD ["node", "bot.js"]\n' }

test('a Node repository of nothing but code gets a Dockerfile for the classic builder', () => {
  expect(plan(NODE)).toEqual({
    dockerfile: `FROM node:24-bookworm-slim
ENV PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
RUN mkdir -p /app /app/data && chown 1000:1000 /app /app/data
USER 1000:1000
COPY --chown=1000:1000 package.json ./
RUN (npm install --no-audit --no-fund 2>/tmp/npm.log \\
    || { cat /tmp/npm.log >&2; grep -q ERESOLVE /tmp/npm.log \\
    && echo "packages contradict each other: npm install --legacy-peer-deps" \\
    && npm install --no-audit --no-fund --legacy-peer-deps; }) \\
    && rm -rf ~/.npm /tmp/npm.log
CMD ["node","bot.js"]
COPY --chown=1000:1000 . ./
`,
    dockerfilePath: 'Dockerfile',
    context: '',
    args: {},
    ignore: '.git\n**/node_modules\n**/.env\nDockerfile\n.dockerignore\ntbs.yaml\n',
    release: {
      kind: 'node',
      evidence: [
        'Node 24: no version is named, the newest LTS',
        'no lockfile: npm install',
        'start script: node bot.js (package.json:3)',
        'volume: /app/data, what the bot writes to data/ is kept',
        'token variable: BOT_TOKEN (bot.js:1)',
      ],
      tokenEnv: 'BOT_TOKEN',
      env: {},
      volumes: ['/app/data'],
      networks: [],
      ports: [],
      memoryBytes: 512 * 1024 * 1024,
      cpus: 1,
      stopGraceSeconds: 10,
      gate: { readySeconds: 60, stableSeconds: 15 },
    },
  })
})

test('packages whose scripts need the sources are installed after all files', () => {
  const { dockerfile } = plan({ 'package.json': { scripts: { start: 'node a.js', postinstall: 'node b.js' } } })
  const steps = readInstructions(dockerfile).instructions.map(({ name, rest }) => `${name} ${rest.split(' ')[0]}`)
  expect(steps.slice(-2)).toEqual(['COPY --chown=1000:1000', 'RUN (npm'])
})

describe("the repository's .dockerignore", () => {
  test('is kept, with our lines after it', () => {
    expect(plan({ ...NODE, '.dockerignore': 'secret\n!.env\n' }).ignore).toMatch(
      /^secret\n!\.env\n\.git\n[\s\S]*\*\*\/\.env\n/,
    )
  })
  test('is left out if it lets through only what another Dockerfile needs', () => {
    expect(plan({ ...NODE, '.dockerignore': '*\n!dist\n' }).ignore).toMatch(/^\.git\n/)
  })
  test('is not touched for an own Dockerfile', () => {
    expect(plan({ ...OWN, '.dockerignore': 'x' })).not.toHaveProperty('ignore')
  })
})

describe('an own Dockerfile', () => {
  test('is built as it is', () => {
    const { dockerfile, dockerfilePath, release } = plan({ ...OWN, ...NODE })
    expect({ dockerfile, dockerfilePath }).toEqual({ dockerfile: OWN.Dockerfile, dockerfilePath: 'Dockerfile' })
    expect(release).toMatchObject({ kind: 'dockerfile', volumes: [] })
    expect(release).not.toHaveProperty('command')
    expect(release.evidence.slice(0, 3)).toEqual([
      'Dockerfile: built as it is',
      'start: CMD ["node", "bot.js"] (Dockerfile:2)',
      'volumes: none',
    ])
  })

  test.each([
    ['ENTRYPOINT', 'FROM a\nENTRYPOINT ["/bot"]'],
    ['both', 'FROM a\nENTRYPOINT ["/start.sh"]\nCMD ["bash"]'],
    ['shell form', 'FROM a\nCMD npm start'],
    ['lower case', 'from a\ncmd npm start'],
    ['a stage before', 'FROM a AS base\nCMD ["bot"]\nFROM base\nRUN x'],
    ['a stage in another case', 'FROM a AS Base\nCMD ["bot"]\nFROM --platform=linux/amd64 bASE AS last\nRUN x'],
    ['continued', 'FROM a\nCMD \\\n  ["node", \\\n  "x"]'],
    ['broken JSON, a shell command for Docker', "FROM a\nCMD ['node', 'x']"],
    ['bash with a script', 'FROM a\nCMD ["bash", "run.sh"]'],
  ])('says what to start: %s', (_what, dockerfile) => {
    expect(plan({ Dockerfile: dockerfile }).release.kind).toBe('dockerfile')
  })

  test.each([
    ['nothing', 'FROM node:24\nRUN npm ci'],
    ['nothing in an image of a company', 'FROM registry.example.com/node:24\nRUN npm ci'],
    ['only in a stage that is not the base', 'FROM a AS b\nCMD ["x"]\nFROM c\nCOPY --from=b /x /x'],
    ['a bare shell', 'FROM a\nCMD ["/bin/bash"]'],
    ['a bare shell in shell form', 'FROM a\nCMD bash'],
    ['taken back', 'FROM a\nCMD ["x"]\nCMD []'],
    ['in a comment', 'FROM a\n# CMD ["x"]'],
    ['in a heredoc', 'FROM a\nRUN <<E\nCMD ["x"]\nE'],
    ['an empty file', ''],
  ])('does not: %s', (_what, dockerfile) => {
    const error = thrownBy(() => plan({ Dockerfile: dockerfile, ...NODE }))
    expect(error).toMatchObject({ code: 'cannot_detect', hint: expect.stringContaining('run: { command') })
    expect(String(error)).toContain('Dockerfile has no CMD or ENTRYPOINT')
  })

  test('may be written in lower case, as the docker command takes it', () => {
    expect(plan({ ...NODE, dockerfile: OWN.Dockerfile }).dockerfilePath).toBe('dockerfile')
  })

  test('gets its command from tbs.yaml', () => {
    const files = { Dockerfile: 'FROM a', 'tbs.yaml': 'run:\n  command: python -m bot && true' }
    expect(release(files).command).toEqual(['/bin/sh', '-c', 'python -m bot && true'])
    expect(release({ ...OWN, 'tbs.yaml': 'run: { command: node "my bot.js" }' }).command).toEqual(['node', 'my bot.js'])
    expect(release(files).evidence[1]).toBe('start: python -m bot && true (tbs.yaml:2)')
  })

  test('is another one if tbs.yaml names it, relative to the context', () => {
    const files = {
      'bot/docker/Dockerfile.prod': 'FROM b\nCMD x',
      Dockerfile: 'FROM a',
      'tbs.yaml': 'build: { context: ./bot, dockerfile: docker/Dockerfile.prod, args: { V: 1 } }',
    }
    expect(plan(files)).toMatchObject({
      dockerfile: 'FROM b\nCMD x',
      dockerfilePath: 'docker/Dockerfile.prod',
      context: 'bot',
      args: { V: '1' },
    })
  })

  test('declares volumes, which become ours', () => {
    const dockerfile = 'FROM a AS b\nVOLUME /base\nFROM b\nVOLUME ["/data", "/my logs/"]\nVOLUME /x/ $DIR rel\nCMD x'
    expect(release({ Dockerfile: dockerfile }).volumes).toEqual(['/base', '/data', '/x'])
    const named = { Dockerfile: dockerfile, 'tbs.yaml': 'run: { volumes: [/data, /new] }' }
    expect(release(named).volumes).toEqual(['/data', '/new', '/base', '/x'])
  })
})

describe('volumes of a generated image', () => {
  const volumesOf = (files: Files) => release({ ...NODE, ...files }).volumes

  test('data/ is one, also with a placeholder in it', () => {
    expect(volumesOf({ 'data/.gitkeep': '' })).toEqual(['/app/data'])
    expect(release({ ...NODE, '.gitignore': 'x\n/data/\n' }).evidence).toContain(
      'volume: /app/data, data/ is kept (.gitignore:2)',
    )
  })

  test('not if the repository ships files there: a volume would hide the next release’s', () => {
    const { volumes, evidence } = release({ ...NODE, 'data/quiz.json': '{}' })
    expect(volumes).toEqual([])
    expect(evidence.find((line) => line.startsWith('volumes'))).toContain('ships data/quiz.json')
    expect(volumesOf({ data: 'a file' })).toEqual([])
    expect(volumesOf({ 'src/data/quiz.json': '{}' })).toEqual(['/app/data'])
  })

  test('those of tbs.yaml replace it, and exist in the image for their owner', () => {
    const { dockerfile, release } = plan({ ...NODE, 'tbs.yaml': 'run: { volumes: [/app/db, /var/bot] }' })
    expect(release.volumes).toEqual(['/app/db', '/var/bot'])
    expect(dockerfile).toContain('RUN mkdir -p /app /app/db /var/bot && chown 1000:1000 /app /app/db /var/bot\n')
    expect(volumesOf({ 'tbs.yaml': 'run: { volumes: [] }' })).toEqual([])
  })

  test.each(['/app', '/app/', '/app/node_modules'])('%s would freeze the program', (path) => {
    const error = thrownBy(() => volumesOf({ 'tbs.yaml': `run: { volumes: [${path}] }` }))
    expect(error).toMatchObject({ code: 'bad_tbs_yaml', message: expect.stringContaining('run.volumes') })
  })
})

describe('the token variable', () => {
  test('is what tbs.yaml says, else what a person said, else a guess', () => {
    const files = { ...NODE, 'tbs.yaml': 'run:\n  token_env: A_TOKEN' }
    expect(release(files, 'B_TOKEN').tokenEnv).toBe('A_TOKEN')
    expect(release(files).evidence).toContain('token variable: A_TOKEN (tbs.yaml:2)')
    expect(release(NODE, 'B_TOKEN').tokenEnv).toBe('B_TOKEN')
    expect(release(NODE).tokenEnv).toBe('BOT_TOKEN')
  })

  test('is never given a value from the repository', () => {
    const { env, evidence } = release({
      ...NODE,
      '.env.example': 'BOT_TOKEN=polling\nTELEGRAM_API_ROOT=https://api.telegram.org\nMODE=a\nLEVEL=1\n',
      'tbs.yaml': 'run:\n  env:\n    BOT_TOKEN: other\n    MODE: b',
    })
    expect(env).toEqual({ MODE: 'b', LEVEL: '1' })
    expect(evidence).toContain('BOT_TOKEN (tbs.yaml:3): the bot’s own token is used')
  })
})

test('tbs.yaml decides limits and gate', () => {
  const text = `run: { memory: 1g, cpus: 2, stop_grace: 20s, networks: [db], ports: ["80:80"] }
gate: { ready: 2m, stable: 5s, command: node s.js }`
  expect(release({ ...NODE, 'tbs.yaml': text })).toMatchObject({
    memoryBytes: 1024 ** 3,
    cpus: 2,
    stopGraceSeconds: 20,
    networks: ['db'],
    ports: ['80:80'],
    gate: { readySeconds: 120, stableSeconds: 5, command: ['node', 's.js'] },
  })
})

test('tbs.yaml decides what a running bot is asked', () => {
  const health = (text: string) => release({ ...NODE, 'tbs.yaml': text }).health
  expect(health('')).toBeUndefined()
  expect(health('health: { http: "http://localhost:8080/", every: 1m }')).toEqual({
    http: 'http://localhost:8080/',
    everySeconds: 60,
  })
  expect(health('health: { command: node health.js }')).toEqual({ command: ['node', 'health.js'], everySeconds: 30 })
  expect(health('health: { command: "a || b" }')).toMatchObject({ command: ['/bin/sh', '-c', 'a || b'] })
})

test('run.command is the CMD of a generated image', () => {
  const { dockerfile, release } = plan({ 'package.json': {}, 'tbs.yaml': 'run: { command: tsx bot.ts }' })
  expect(dockerfile).toContain('CMD ["tsx","bot.ts"]\n')
  expect(release).not.toHaveProperty('command')
})

describe('nothing to build', () => {
  test.each<[string, Files, RegExp, RegExp]>([
    [
      'an empty repository',
      {},
      /Looked for tbs\.yaml, Dockerfile, package\.json and Python files at the top .*none is there/,
      /Add a Dockerfile/,
    ],
    ['Go', { 'go.mod': '' }, /there is go\.mod, but Go is not built/, /Add a Dockerfile/],
    ['PHP', { 'composer.json': '{}' }, /composer\.json, but PHP is not/, /Add a Dockerfile/],
    [
      'Python that starts nothing',
      { 'requirements.txt': '' },
      /how to start this Python/,
      /run: { command: python3 bot\.py }/,
    ],
    [
      'a Dockerfile that starts nothing',
      { 'docker/Dockerfile': 'FROM node' },
      /^docker\/Dockerfile has no CMD/,
      /Add one/,
    ],
    [
      'several bots',
      { 'apps/a/package.json': {}, 'apps/b/requirements.txt': '' },
      /several directories: apps\/a, apps\/b/,
      /\/set <bot> path=apps\/a, or build: { context: apps\/a }/,
    ],
    ['a path that is gone', {}, /no directory "x"/, /\/set <bot> path=/],
  ])('%s', (_what, files, message, hint) => {
    const path = _what.includes('path') ? 'x' : null
    expect(thrownBy(() => planBuild(treeOf(files), { ...NO_CHOICES, path }))).toMatchObject({
      code: 'cannot_detect',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  test.each<[string, Files, string, string]>([
    ['package.json is no JSON', { 'package.json': '{' }, 'cannot_detect', 'package.json cannot be read'],
    ['package.json is a list', { 'package.json': '[]' }, 'cannot_detect', 'it is not an object'],
    ['tbs.yml', { ...NODE, 'tbs.yml': '' }, 'bad_tbs_yaml', 'it is named tbs.yml; rename it'],
    [
      'no such Dockerfile',
      { ...NODE, 'tbs.yaml': 'build: { dockerfile: X }' },
      'bad_tbs_yaml',
      'build.dockerfile (tbs.yaml:1)',
    ],
    ['no such context', { ...NODE, 'tbs.yaml': 'build: { context: x }' }, 'bad_tbs_yaml', 'build.context (tbs.yaml:1)'],
    ['a file that was not read', { x: '', 'tbs.yaml': 'build: { dockerfile: x }' }, 'cannot_detect', 'x was not read'],
  ])('%s', (_what, files, code, message) => {
    expect(thrownBy(() => plan(files))).toMatchObject({ code, message: expect.stringContaining(message) })
  })
})

describe('whatever is in a repository', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'node',
      'a.js',
      '&&',
      ';',
      '$(id)',
      '`id`',
      '"',
      "'",
      '\\',
      '\n',
      '\r',
      '\u2028',
      '$X',
      'nodemon',
      '--exec',
      'FROM',
      '\0',
    ),
    fc.string(),
  )
  const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '))
  const record = fc.dictionary(
    fc.oneof(fc.constantFrom('start', 'dev', 'build', 'prestart', 'postinstall', '__proto__'), text),
    fc.oneof(text, fc.jsonValue()),
  )
  const manifest = fc.record(
    {
      main: fc.oneof(text, fc.jsonValue()),
      scripts: fc.oneof(record, fc.jsonValue()),
      dependencies: fc.oneof(record, fc.jsonValue()),
      engines: fc.oneof(fc.record({ node: text }), fc.jsonValue()),
      packageManager: fc.oneof(text, fc.constant('pnpm@8.1.0')),
      workspaces: fc.jsonValue(),
      nodemonConfig: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const files = fc.record({
    manifest,
    lock: fc.constantFrom('package-lock.json', 'yarn.lock', 'pnpm-lock.yaml', 'x'),
    others: fc.dictionary(
      fc.oneof(fc.constantFrom('.nvmrc', '.env.example', 'src/a.js', 'data/x', '.dockerignore'), text),
      text,
    ),
  })

  test('the Dockerfile has only the instructions that were meant, and CMD is JSON', () => {
    fc.assert(
      fc.property(files, ({ manifest, lock, others }) => {
        const tree = { ...others, [lock]: 'x', 'package.json': manifest, 'bot.js': '' }
        const { dockerfile, release } = attempt(tree) ?? {}
        if (dockerfile === undefined || release === undefined) return
        const { instructions } = readInstructions(dockerfile)
        expect(instructions.map(({ name }) => name).join(' ')).toMatch(
          new RegExp(
            '^(FROM( RUN)? ENV WORKDIR RUN USER( RUN)? (COPY RUN CMD COPY|CMD COPY RUN)|' +
              'FROM RUN ENV ENV WORKDIR RUN USER( RUN)? COPY RUN ' +
              'FROM( RUN)? ENV WORKDIR RUN USER( COPY)? COPY CMD( COPY)?)' +
              '( RUN)?$',
          ),
        )
        const cmd = JSON.parse(instructions.find(({ name }) => name === 'CMD')?.rest ?? '')
        expect(cmd.every((part: unknown) => typeof part === 'string')).toBe(true)
        expect(instructions.at(-1)?.rest).toMatch(/^(npm|yarn|pnpm|bun|\(npm|sed -i|--chown|\[)/)
        for (const [name, value] of Object.entries(release.env)) expect([name, value].join('=')).not.toMatch(/\0/)
        expect(release.evidence.every((line) => line.length < 1500)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  const attempt = (tree: Files) => {
    try {
      return plan(tree)
    } catch (error) {
      if (!(error instanceof TbsError)) throw error
      expect(error.code).toMatch(/^(cannot_detect|bad_tbs_yaml)$/)
      return undefined
    }
  }
})

test.each<[string, Files]>([
  ['a script of watchers', { 'package.json': { scripts: { start: 'tsx '.repeat(250_000) } } }],
  ['a range of comparators', { 'package.json': { engines: { node: '<'.repeat(1_000_000) }, main: 'bot.js' } }],
  ['sources of one word', { ...NODE, 'a.js': 'env'.repeat(300_000), 'b.js': 'TOKEN'.repeat(200_000) }],
  ['sources of braces', { ...NODE, 'a.js': '{'.repeat(1_000_000), 'b.js': `${'}'.repeat(500_000)}= env` }],
  ['sources of lines', { ...NODE, 'a.js': 'process.env.BOT_TOKEN\n'.repeat(40_000) }],
  ['a Dockerfile of heredocs', { Dockerfile: `FROM a\nRUN ${'<<A '.repeat(200_000)}\n${'x\n'.repeat(200_000)}CMD x` }],
  ['a Dockerfile of quotes', { Dockerfile: `FROM a\nRUN ${'"\\'.repeat(400_000)}\nCMD x` }],
  ['a Dockerfile of escapes', { Dockerfile: `FROM a\nRUN ${'\\ '.repeat(400_000)}\nCMD x` }],
  ['a directive of spaces', { Dockerfile: `# a=b${' '.repeat(900_000)}c\nFROM a\nCMD x` }],
  ['an env example of spaces', { ...NODE, '.env.example': `A=b${' '.repeat(900_000)}c` }],
  ['an env example of words', { ...NODE, '.env.example': `A=${'[your'.repeat(200_000)}` }],
])(
  '%s of 1 MB takes no time',
  (_what, files) => {
    const started = performance.now()
    try {
      plan(files)
    } catch (error) {
      expect(error).toBeInstanceOf(TbsError)
    }
    expect(performance.now() - started).toBeLessThan(3000)
  },
  30_000,
)
