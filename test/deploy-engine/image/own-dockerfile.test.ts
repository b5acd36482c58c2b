import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TbsError } from '../../../deploy-engine/error.ts'
import { planBuild } from '../../../deploy-engine/image/plan.ts'
import { NO_CHOICES, thrownBy, treeOf } from './trees.ts'

// Properties of hundreds of repositories, on a machine that may be busy.

type Files = Record<string, string | object>

const plan = (files: Files, choices: Partial<typeof NO_CHOICES> = {}) =>
  planBuild(treeOf(files), { ...NO_CHOICES, ...choices })

const NODE = { 'package.json': { scripts: { start: 'node bot.js' } }, 'bot.js': '' }
const START = 'FROM a\nCOPY package.json .\nCMD ["x"]'

describe('which Dockerfile', () => {
  test.each<[string, Files, string, string]>([
    ['in docker/', { ...NODE, 'docker/Dockerfile': START }, 'docker/Dockerfile', ''],
    ['deploy/Containerfile', { ...NODE, 'deploy/Containerfile': START }, 'deploy/Containerfile', ''],
    ['LocalDockerfile', { ...NODE, LocalDockerfile: START }, 'LocalDockerfile', ''],
    [
      'not the one for development',
      { 'docker/Dockerfile.dev': 'FROM b', 'docker/prod.Dockerfile': START, 'package.json': {} },
      'docker/prod.Dockerfile',
      '',
    ],
    ['in a directory with its own manifest', { 'bot/Dockerfile': START, 'bot/package.json': {} }, 'Dockerfile', 'bot'],
    [
      'not that of a database',
      { 'db/Dockerfile': 'FROM postgres:16', 'd/Dockerfile': START, 'd/package.json': {} },
      'Dockerfile',
      'd',
    ],
    [
      'the one named like a bot',
      { 'telegram-bot/Dockerfile': START, 'web/Dockerfile': START, 'package.json': {} },
      'telegram-bot/Dockerfile',
      '',
    ],
  ])('%s', (_what, files, dockerfilePath, context) => {
    expect(plan(files)).toMatchObject({ dockerfilePath, context, release: { kind: 'dockerfile' } })
  })

  test('several that nothing tells apart are named, with how to choose', () => {
    const error = thrownBy(() => plan({ 'a/x.Dockerfile': START, 'b/y.Dockerfile': START, 'go.mod': '' }))
    expect(error).toMatchObject({
      code: 'cannot_detect',
      message: 'There are several Dockerfiles: a/x.Dockerfile, b/y.Dockerfile',
    })
    expect(error).toHaveProperty(
      'hint',
      expect.stringMatching(/build: { dockerfile: a\/x\.Dockerfile }.*\/set <bot> path=/),
    )
  })

  test('where the program can be built without one, several are left aside and named', () => {
    const { release } = plan({ ...NODE, 'web/Dockerfile': START, 'api/Dockerfile': START })
    expect(release.kind).toBe('node')
    expect(release.evidence[0]).toBe(
      'api/Dockerfile, web/Dockerfile: not used; to build it, set build.dockerfile in tbs.yaml',
    )
  })

  test("another program's in a directory of its own is not the bot's", () => {
    expect(plan({ ...NODE, 'web/Dockerfile': START, 'web/package.json': {} }).release.kind).toBe('node')
  })

  test('none, if a person chose so; what could be built instead is known before', () => {
    const files = { ...NODE, Dockerfile: START }
    expect(plan(files).alternative).toBe('a Node image by package.json')
    expect(plan({ Dockerfile: START })).not.toHaveProperty('alternative')
    const ignored = plan(files, { ignoreDockerfile: true })
    expect(ignored.release).toMatchObject({
      kind: 'node',
      evidence: expect.arrayContaining(['Dockerfile: ignored, as set for this bot']),
    })
    expect(ignored).not.toHaveProperty('alternative')
  })
})

describe('its context', () => {
  const source = { 'app/main.go': '', 'app/go.mod': '', 'shared/x': '' }
  test.each<[string, Files, string]>([
    ['the top, if it copies from there', { 'app/Dockerfile': 'FROM a\nCOPY app /a\nCOPY ["shared", "/s"]\nCMD x' }, ''],
    ['its directory, if it copies from there', { 'app/Dockerfile': 'FROM a\nCOPY main.go .\nCMD x' }, 'app'],
    [
      'its directory, if it has a manifest and copies everything',
      { 'app/Dockerfile': 'FROM a\nCOPY . .\nCMD x' },
      'app',
    ],
    [
      'what only looks like a path is not counted',
      { 'app/Dockerfile': 'FROM a AS b\nFROM a\nCOPY --from=b /x /y\nADD https://a/b /c\nCOPY $F *.go .\nCMD x' },
      'app',
    ],
  ])('%s', (_what, files, context) => {
    expect(plan({ ...source, ...files }).context).toBe(context)
  })

  test('is what the compose file says, also where the Dockerfile is outside of it', () => {
    const compose = 'services:\n  bot:\n    build:\n      context: ./app\n      dockerfile: ../docker/Dockerfile'
    const built = plan({ ...source, 'docker/Dockerfile': START, 'docker-compose.yml': compose })
    expect(built).toMatchObject({ context: 'app', dockerfilePath: '.tbs.Dockerfile' })
    expect(built.release.evidence[0]).toBe('docker/Dockerfile: built as it is, in app (docker-compose.yml:4)')
  })
})

describe('what a compose file adds', () => {
  const compose = (service: string) => ({
    ...NODE,
    Dockerfile: 'FROM node:24\nWORKDIR /app\nCOPY . .\nCMD ["bash"]',
    'docker-compose.yml': `services:\n  redis: { image: redis }\n  bot:\n    build: .\n${service}`,
  })

  test.each([
    ['    command: python -m bot --x "a b"', ['python', '-m', 'bot', '--x', 'a b']],
    ['    command: ["node", "bot.js"]', ['node', 'bot.js']],
    ['    entrypoint: /run.sh\n    command: [go]', ['/run.sh', 'go']],
    [`    command: bot ${'$'}{MODE:-polling} $$X`, ['bot', 'polling', '$X']],
    [`    command: bot ${'$'}{MODE}`, ['node', 'bot.js']],
  ])('the command that is missing: %s', (service, command) => {
    expect(plan(compose(service)).release.command).toEqual(command)
  })

  test('no command over one that the Dockerfile has', () => {
    expect(plan({ ...compose('    command: npm run dev'), Dockerfile: START }).release).not.toHaveProperty('command')
  })

  test('of the service that stays, with what it inherits', () => {
    const files = {
      Dockerfile: 'FROM node:24',
      'compose.yaml': [
        'x-base: &base { build: { context: ., target: bot, args: [A=1] }, environment: { MODE: polling } }',
        'services:',
        '  migrate: { <<: *base, command: migrate }',
        '  worker: { <<: [*base], command: work }',
      ].join('\n'),
    }
    const named = { ...files, Dockerfile: 'FROM node:24 AS bot\nFROM bot\nCMD x' }
    expect(plan(named)).toMatchObject({
      target: 'bot',
      args: { A: '1' },
      release: { command: ['work'], env: { MODE: 'polling' } },
    })
    expect(String(thrownBy(() => plan(files)))).toContain('Dockerfile has no stage bot; no stage has a name')
  })

  test('variables that are neither secret nor about its own network', () => {
    const service =
      '    environment: [LEVEL=info, "TOKEN=12345:abc", API_KEY=abc, "REDIS=redis://redis:6379", DB_HOST=redis, FROM]'
    expect(plan(compose(service)).release.env).toEqual({ LEVEL: 'info' })
  })

  test('volumes, without the program, files, sockets and what the repository ships', () => {
    const volumes = [
      '.:/app',
      './db:/app/db',
      './conf:/app/conf',
      'named:/var/lib/bot',
      '/srv/x:/x/',
      './a.db:/app/a.db',
    ]
    const more = [
      '/var/run/docker.sock:/var/run/docker.sock',
      '/app/node_modules',
      './ro:/ro:ro',
      '/etc/localtime:/etc/localtime',
    ]
    const service = `    volumes: [${[...volumes, ...more].map((one) => JSON.stringify(one)).join(', ')}]`
    const { release } = plan({ ...compose(service), 'conf/a.json': '{}', 'db/.gitkeep': '' })
    expect(release.volumes).toEqual(['/app/db', '/var/lib/bot', '/x'])
    expect(release.evidence).toContain('volumes: /app/db, /var/lib/bot, /x (docker-compose.yml:5)')
  })

  test('volumes that a person chose come last', () => {
    const { release } = plan({ Dockerfile: `${START}\nVOLUME /a` }, { volumes: ['/b', '/a'] })
    expect(release.volumes).toEqual(['/a', '/b'])
    expect(release.evidence).toContain('volumes: /b, chosen for this bot')
    const generated = plan(NODE, { volumes: ['/app/db'] })
    expect(generated.release.volumes).toEqual(['/app/data', '/app/db'])
    expect(generated.dockerfile).toContain('chown 1000:1000 /app /app/data /app/db\n')
  })

  test.each([
    'a: [',
    'services: []',
    'services: { bot: 1, b: { build: { context: [] } } }',
    'services:\n  b: { build: ../.. }',
  ])('nothing, if it is broken: %s', (text) => {
    expect(plan({ Dockerfile: START, 'docker-compose.yml': text }).context).toBe('')
  })
})

describe('a stage', () => {
  const Dockerfile = 'FROM a AS bot\nCMD ["x"]\nVOLUME /b\nFROM a AS test\nRUN y'
  test('that tbs.yaml names is built and looked at, by name or number', () => {
    const built = plan({ Dockerfile, 'tbs.yaml': 'build: { target: bot }' })
    expect(built).toMatchObject({ target: 'bot', release: { volumes: ['/b'] } })
    expect(plan({ Dockerfile, 'tbs.yaml': 'build: { target: 0 }' }).target).toBe('0')
  })
  test('that is not there is an error with those that are', () => {
    const error = thrownBy(() => plan({ Dockerfile, 'tbs.yaml': 'build:\n  target: nope' }))
    expect(error).toMatchObject({ code: 'bad_tbs_yaml', message: expect.stringContaining('build.target (tbs.yaml:2)') })
    expect(String(error)).toContain('the stages are bot, test')
  })
})

test('an image of somebody else may bring its command along', () => {
  const { release } = plan({ Dockerfile: 'FROM ghcr.io/a/bot:1\nCOPY config.json /c' })
  expect(release.evidence).toContain('start: what the base image ghcr.io/a/bot:1 starts (Dockerfile:1)')
})

test('a list of its own takes the place of .dockerignore', () => {
  const files = { 'bot.Dockerfile': START, 'bot.Dockerfile.dockerignore': 'secret', '.dockerignore': '*' }
  expect(plan(files).ignore).toBe('secret')
})

test('whatever is written, the answer is a plan or an error that was expected', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'FROM a AS b',
      'FROM b',
      'CMD',
      'COPY . .',
      'COPY --from=b',
      '<<E',
      'E',
      '\n',
      '\n',
      '\\',
      '# escape=`',
      '\0',
    ),
    fc.constantFrom(
      'ARG',
      'VOLUME',
      'WORKDIR',
      '["',
      '"]',
      '$X',
      '${',
      '..',
      '/',
      'services:',
      'bot:',
      '&a',
      '*a',
      '<<: *a',
      '  ',
    ),
    fc.constantFrom(
      'build:',
      'context:',
      'command:',
      'volumes:',
      '- .:/app',
      'environment:',
      '- A=1',
      '!tag',
      '? ',
      '{',
      '}',
      '- ',
    ),
    fc.string(),
  )
  const text = fc.array(word, { maxLength: 20 }).map((words) => words.join(' ').replace(/ ?\n ?/g, '\n'))
  const files = fc.record(
    {
      Dockerfile: text,
      'docker/Dockerfile': text,
      'docker-compose.yml': fc.oneof(
        text,
        fc.jsonValue().map((bot) => JSON.stringify({ services: { bot } })),
      ),
      'tbs.yaml': text,
      'package.json': fc.constant('{"main":"a.js"}'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(files, fc.option(text), (some, path) => {
      try {
        const built = plan({ ...some, 'a.js': '' }, { path })
        expect(built.dockerfilePath).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/)
        expect(built.context).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/)
        for (const volume of built.release.volumes) expect(volume).toMatch(/^\/[^\s:$]+$/)
        expect(built.release.command?.every((part) => typeof part === 'string') ?? true).toBe(true)
      } catch (error) {
        if (!(error instanceof TbsError)) throw error
        expect(error.code).toMatch(/^(cannot_detect|bad_tbs_yaml)$/)
      }
    }),
    { numRuns: 400 },
  )
})

test.each<[string, Files]>([
  ['a compose file of aliases', { 'compose.yml': `a: &a [x]\nservices:\n${'  b: *a\n'.repeat(2000)}` }],
  ['a compose file of depth', { 'compose.yml': `services: ${'{a: '.repeat(7000)}` }],
  [
    'a compose file of services',
    { 'compose.yml': `services:\n${Array.from({ length: 1500 }, (_, n) => `  s${n}: { build: . }`).join('\n')}` },
  ],
  ['a Dockerfile of COPY lines', { Dockerfile: `FROM a\n${'COPY a b\n'.repeat(100_000)}CMD x` }],
  ['a Dockerfile of stages', { Dockerfile: `${'FROM a AS b\n'.repeat(80_000)}CMD x` }],
  ['a Dockerfile of flags', { Dockerfile: `FROM a\nRUN ${'--a '.repeat(250_000)}\nCMD x` }],
])(
  '%s takes no time',
  (_what, files) => {
    const started = performance.now()
    try {
      plan({ ...Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`x/${n}.txt`, ''])), ...files })
    } catch (error) {
      expect(error).toBeInstanceOf(TbsError)
    }
    expect(performance.now() - started).toBeLessThan(3000)
  },
  30_000,
)
