import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TbsError } from '../../../deploy-engine/error.ts'
import { readManifest } from '../../../deploy-engine/source/manifest.ts'
import { thrownBy } from '../image/trees.ts'

const MIB = 1024 * 1024

test('an empty file gives the defaults', () => {
  const { manifest } = readManifest('')
  expect(manifest.build).toEqual({ context: '', args: {} })
  expect(manifest.run).toEqual({
    env: {},
    memory: 512 * MIB,
    cpus: 1,
    required: [],
    networks: [],
    ports: [],
    stop_grace: 10,
  })
  expect(manifest.gate).toEqual({ ready: 60, stable: 15 })
  expect(manifest).not.toHaveProperty('health')
  expect(readManifest('health: { command: node health.js }').manifest.health).toEqual({
    command: 'node health.js',
    every: 30,
  })
})

test('every key is read, sizes in bytes and times in seconds', () => {
  const { manifest, at } = readManifest(`
build:
  dockerfile: docker/Dockerfile
  context: ./bots/one/
  args: { VERSION: 1.10 }
  target: bot
run:
  command: node bot.js --quiet
  env: { ZERO: 007, YES: yes, NONE: ~, EMPTY: }
  token_env: TG_TOKEN
  memory: 1g
  cpus: 0.5
  volumes: [/app/data/, /var/lib/bot]
  networks: [backend]
  ports: ["127.0.0.1:8080:80", "9000:9000/udp"]
  stop_grace: 30s
  required: [ADMIN_ID]
gate: { ready: 2m, stable: 5s, command: node smoke.js }
health: { http: "http://localhost:8080/healthz", every: 1m }
hooks: { release: npm run migrate }
backup: { schedule: "0 3 * * *", keep: 14 }
`)
  expect(manifest).toEqual({
    build: { dockerfile: 'docker/Dockerfile', context: 'bots/one', args: { VERSION: '1.10' }, target: 'bot' },
    run: {
      command: 'node bot.js --quiet',
      env: { ZERO: '007', YES: 'yes', NONE: '~', EMPTY: '' },
      token_env: 'TG_TOKEN',
      memory: 1024 * MIB,
      cpus: 0.5,
      volumes: ['/app/data', '/var/lib/bot'],
      networks: ['backend'],
      ports: ['127.0.0.1:8080:80', '9000:9000/udp'],
      stop_grace: 30,
      required: ['ADMIN_ID'],
    },
    gate: { ready: 120, stable: 5, command: 'node smoke.js' },
    health: { http: 'http://localhost:8080/healthz', every: 60 },
    hooks: { release: 'npm run migrate' },
    backup: { schedule: '0 3 * * *', keep: 14 },
  })
  expect(at('run.memory')).toBe('tbs.yaml:11')
  expect(at('gate.ready')).toBe('tbs.yaml:18')
})

describe('a wrong file is refused with the key and what it takes', () => {
  test.each([
    ['hooks: { a: 1, b: 2, c: 3, d: 4, e: 5 }', 'hooks: unknown keys a, b, c and 2 more; the keys here are release'],
    ['hooks: { relase: x }', 'hooks: unknown key relase; the keys here are release'],
    ['build: { target: "a b" }', 'build.target: expected the name of a stage'],
    ['health: {}', 'health: expected one of http and command'],
    ['health:', 'health: expected a mapping with some of the keys http, command, every'],
    ['health: { http: "http://localhost:1/", command: true }', 'health: expected one of http and command'],
    ['health: { htpp: "http://localhost:1/" }', 'health: unknown key htpp; the keys here are http, command, every'],
    [
      'health: { http: "https://localhost:1/" }',
      'health.http: expected an address such as http://localhost:8080/healthz',
    ],
    ['health: { http: "http://me:pw@localhost:1/" }', 'health.http: expected an address'],
    ['health: { http: "http://localhost:1/#a" }', 'health.http: expected an address'],
    ['health: { http: "http://localhost:99999/" }', 'health.http: expected an address'],
    ['health: { http: "http:///x" }', 'health.http: expected an address'],
    ['health: { http: "http://localhost/a b" }', 'health.http: expected an address'],
    ['health: { command: " " }', 'health.command: expected a command in one line'],
    ['health: { command: a, every: 5s }', 'health.every: expected a time from 10s to 3600s'],
    ['backup: { schedule: daily }', 'backup.schedule: expected minute, hour, day, month and weekday as cron has them'],
    ['backup: { schedule: "* * * * *" }', 'backup.schedule: expected minute, hour'],
    ['backup: { schedule: "0 0 31 2 *" }', 'backup.schedule: expected minute, hour'],
    ['backup: { keep: 0 }', 'backup.keep: expected a number of backups from 1 to 1000'],
    ['runn: {}', 'unknown key runn; the keys here are build, run, gate'],
    ['run: { memroy: 1g }', 'run: unknown key memroy; the keys here are command, env, token_env, memory'],
    ['run: { memory: lots }', 'run.memory: expected a size from 32m to 65536m, such as 512m or 1g'],
    ['run: { memory: 1m }', 'run.memory: expected a size from 32m'],
    ['run: { memory: 512 }', 'run.memory: expected a size'],
    ['run: { cpus: 0 }', 'run.cpus: expected a number of cores from 0.1 to 64'],
    ['run: { cpus: -1 }', 'run.cpus: expected a number of cores'],
    ['run: { volumes: /data }', 'run.volumes: expected a list of paths in the container'],
    ['run: { volumes: [data] }', 'run.volumes.0: expected an absolute path in the container'],
    ['run: { volumes: [/a/../etc] }', 'run.volumes.0: expected an absolute path'],
    ['run: { volumes: ["/a b"] }', 'run.volumes.0: expected an absolute path'],
    ['run: { volumes: ["/a:/b"] }', 'run.volumes.0: expected an absolute path'],
    ['run: { volumes: [/] }', 'run.volumes.0: expected an absolute path'],
    ['run: { volumes: [/proc/1] }', 'run.volumes.0: expected an absolute path'],
    ['run: { env: { "A B": 1 } }', 'run.env.A B: a variable is letters, digits and _'],
    ['run: { env: { A: [1] } }', 'run.env.A: expected a text'],
    ['run: { token_env: "A-B" }', 'run.token_env: expected a variable'],
    ['run: { ports: [80] }', 'run.ports.0: expected "host:container"'],
    ['run: { ports: ["70000:80"] }', 'run.ports.0: expected "host:container"'],
    ['run: { ports: ["300.0.0.1:80:80"] }', 'run.ports.0: expected "host:container"'],
    ['run: { networks: ["--net"] }', 'run.networks.0: expected the name of a Docker network'],
    ['run: { command: "a\\nb" }', 'run.command: expected a command in one line'],
    ['run: { command: " " }', 'run.command: expected a command in one line'],
    ['run: { stop_grace: 10 }', 'run.stop_grace: expected a time from 1s to 300s, such as 60s or 2m'],
    ['run: { stop_grace: 1h }', 'run.stop_grace: expected a time'],
    ['gate: { ready: soon }', 'gate.ready: expected a time from 1s to 600s'],
    ['build: { dockerfile: ../Dockerfile }', 'build.dockerfile: expected a path inside the repository'],
    ['build: { context: /etc }', 'build.context: expected a path inside the repository'],
    ['build: { context: "a/../../b" }', 'build.context: expected a path inside the repository'],
    ['run:', 'run: expected a mapping with some of the keys command'],
    ['- run', 'the file: expected a mapping with some of the keys build, run, gate'],
    ['just text', 'the file: expected a mapping'],
    ['run: {', 'line 1:'],
    ['run: {}\nrun: {}', 'line 2: Map keys must be unique'],
    ['a: 1\n---\nb: 1', 'multiple documents'],
    ['\tbuild: {}', 'line 1:'],
    ['[a, *b]', 'Unresolved alias'],
  ])('%s', (text, problem) => {
    const error = thrownBy(() => readManifest(text))
    expect(error).toMatchObject({ code: 'bad_tbs_yaml', hint: expect.stringContaining('tbs.yaml') })
    expect(String(error)).toContain(problem)
  })
})

test('a misspelt key is named before what is missing because of it', () => {
  const error = thrownBy(() => readManifest('run: { cpus: x, memory: x, env: x, ports: x, networks: x, commnad: x }'))
  expect(String(error)).toMatch(/not usable: run: unknown key commnad/)
})

test('values are never repeated: they may be secret', () => {
  const error = thrownBy(() => readManifest('run: { memory: hunter2, env: { A: [hunter2] }, ports: [hunter2] }'))
  expect(String(error)).not.toContain('hunter2')
})

describe('files that are made to hurt', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((key, index) => alias(key, 'abcdefg'[index]))]
  test.each([
    ['an alias bomb', `${bomb.join('\n')}\n`],
    ['a deep list', '['.repeat(30_000)],
    ['a deep list, closed', `${'['.repeat(15_000)}${']'.repeat(15_000)}`],
    ['deep block lists', '- '.repeat(16_000)],
    ['deep keys', '? '.repeat(16_000)],
    ['deep mappings', '{a: '.repeat(7_000)],
    ['deep by indentation', Array.from({ length: 240 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['a large file', `# ${'x'.repeat(40_000)}`],
    ['a prototype', '__proto__: { run: {} }'],
    ['a constructor', 'constructor: { prototype: {} }'],
  ])('%s is refused at once', (_what, text) => {
    const started = performance.now()
    expect(thrownBy(() => readManifest(text))).toMatchObject({ code: 'bad_tbs_yaml' })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('a prototype among the variables changes nothing', () => {
    const { env } = readManifest('run: { env: { __proto__: { A: 1 }, B: 2 } }').manifest.run
    expect(env).toEqual({ B: '2' })
    expect(Object.getPrototypeOf(env)).toBe(Object.prototype)
  })

  test('whatever is written, the answer is a manifest or bad_tbs_yaml', () => {
    const key = fc.oneof(fc.constantFrom('build', 'run', 'gate', 'env', 'memory', 'ports', 'volumes'), fc.string())
    const value = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, fc.string(), fc.dictionary(key, tie('node')), fc.array(tie('node'))),
    })).node
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          value.map((one) => JSON.stringify(one)),
        ),
        isHandled,
      ),
      { numRuns: 500 },
    )
  })
})

function alias(key: string, of: string | undefined): string {
  return `${key}: &${key} [${Array(9).fill(`*${of}`).join(',')}]`
}

const isHandled = (text: string): void => {
  try {
    readManifest(text)
  } catch (error) {
    if (!(error instanceof TbsError)) throw error
    expect(error.code).toBe('bad_tbs_yaml')
    expect(error.message.length).toBeLessThan(2000)
    expect(error.message).not.toMatch(/\p{Cc}/u)
  }
}
