import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addBot,
  type Operation,
  operationView,
  requestOperation,
  Secret,
  setVariables,
} from '../../deploy-engine/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type GitRepo, gitRepo } from '../helpers/git-repo.ts'

let bench: Workbench
let repo: GitRepo

beforeAll(async () => {
  bench = await workbench()
  repo = await gitRepo(join(bench.directory, 'repo'))
  await repo.commit('main', fixtureBot({ says: 'one' }))
  const { token } = bench.sandbox.addBot({ username: 'refused_fixture_bot' })
  await addBot(bench.engine, { name: 'my-bot', repo: repo.url, token: new Secret(token) })
})

afterAll(() => bench.close())

const deploy = async (ref: string): Promise<Operation> => {
  const request = { bot: 'my-bot', kind: 'deploy' as const, args: { ref }, requestedBy: 'test' }
  return bench.carryOut((await requestOperation(bench.engine, request)).operation)
}

const BASE = 'FROM node:24-bookworm-slim\n'
const BUILDKIT = 'RUN --mount=type=cache,target=/cache true\n'
const CMD = 'CMD ["node", "bot.js"]\n'
const NO_FOO = /^Dockerfile:2: unknown instruction: FOO$/
const NO_BASE = /^The image 127.0.0.1:1\/none:1 can’t be had: 127.0.0.1:1 does not answer/
const NO_FILE = /^COPY: nope.txt is not in the build context$/
const NO_FRONTEND = /“# syntax=” line asks for 127.0.0.1:1\/frontend:1, which can’t be had/

test.each([
  ['a Dockerfile that is none', { Dockerfile: `${BASE}FOO bar\n${CMD}` }, 'build_failed', NO_FOO],
  ['the same for BuildKit', { Dockerfile: `${BASE}FOO bar\n${BUILDKIT}${CMD}` }, 'build_failed', NO_FOO],
  ['a base image that can’t be had', { Dockerfile: `FROM 127.0.0.1:1/none:1\n${CMD}` }, 'build_failed', NO_BASE],
  ['and with BuildKit', { Dockerfile: `FROM 127.0.0.1:1/none:1\n${BUILDKIT}${CMD}` }, 'build_failed', NO_BASE],
  ['a file that is not there', { Dockerfile: `${BASE}COPY nope.txt /\n${CMD}` }, 'build_failed', NO_FILE],
  ['nor for BuildKit', { Dockerfile: `${BASE}${BUILDKIT}COPY nope.txt /\n${CMD}` }, 'build_failed', NO_FILE],
  ['a frontend', { Dockerfile: `# syntax=127.0.0.1:1/frontend:1\n${BASE}${CMD}` }, 'build_failed', NO_FRONTEND],
  ['tbs.yaml with an unknown key', { 'tbs.yaml': 'run: { comand: x }\n' }, 'bad_tbs_yaml', /comand/],
  ['a network that is not there', { 'tbs.yaml': 'run: { networks: [nowhere] }\n' }, 'unknown_network', /nowhere/],
  ['variables that it asks for', { 'tbs.yaml': 'run: { required: [A_KEY, B] }\n' }, 'missing_variables', /A_KEY, B$/],
  ['a repository without anything to run', { 'package.json': '', 'README.md': 'x' }, 'cannot_detect', /./],
  ['a gate command that fails', { 'tbs.yaml': GATE('node --version; exit 3') }, 'gate_command', /code 3/],
])('%s: the operation fails with its reason and leaves nothing', async (name, files: object, code, reason) => {
  const branch = name.replace(/\W+/g, '-')
  const all: Record<string, string> = { ...fixtureBot({ says: 'x' }), ...files }
  await repo.commit(branch, Object.fromEntries(Object.entries(all).filter(([, text]) => text !== '')))
  const { state, outcome } = await deploy(branch)
  expect(state).toBe('failed')
  expect(outcome?.error?.code).toBe(code)
  expect(outcome?.error?.message).toMatch(reason)
  expect(outcome?.running).toBeNull()
  const { containers, images } = await objectsOf(bench.settings.instance)
  expect({ containers, images }).toEqual({ containers: [], images: [] })
})

test('before the build: nothing but the source was looked at, and each variable can be set by a button', async () => {
  const fatal = { 'tbs.yaml': 'run: { required: [A_KEY, B, BOT_TOKEN] }\n' }
  await repo.commit('asks', { ...fixtureBot({ says: 'x' }), ...fatal })
  await setVariables(bench.engine, 'my-bot', { B: new Secret('set') })
  const { id, outcome } = await deploy('asks')
  expect(outcome).toMatchObject({
    error: { code: 'missing_variables', message: 'my-bot would start without A_KEY' },
    missing: { names: ['A_KEY'], line: 'tbs.yaml:1 asks for it' },
  })
  const { steps } = await operationView(bench.engine, id)
  expect(steps.map(({ name, state }) => [name, state])).toEqual([
    ['fetch', 'done'],
    ['detect', 'failed'],
  ])
})

function GATE(command: string): string {
  return `gate: { ready: 1s, stable: 1s, command: "sh -c '${command}'" }\n`
}

test('a deploy while Telegram is away touches nothing and says so', async () => {
  const back = bench.sandbox.fail({ status: 502, body: '<html>Bad Gateway</html>' })
  const { state, outcome } = await deploy('main')
  back()
  expect(state).toBe('failed')
  expect(outcome?.error?.code).toBe('telegram_unreachable')
})

test.each([
  ['the classic builder', 'RUN '],
  ['BuildKit', 'RUN --mount=type=cache,target=/cache '],
])('with %s the error of a failed step is shown, whatever was printed after it', async (name, run) => {
  const build = `
    console.error('a cause that no rule knows')
    setTimeout(() => { for (let line = 1; line <= 30; line++) console.log('compiling module', line) }, 200)
    setTimeout(() => process.exit(2), 400)
  `
  const files = { ...fixtureBot({ says: 'x' }), 'build.js': build }
  const branch = name.replaceAll(' ', '-')
  await repo.commit(branch, { ...files, Dockerfile: `${BASE}COPY build.js .\n${run}node build.js\n${CMD}` })
  const { outcome } = await deploy(branch)
  expect(outcome?.error?.message).toBe('“node build.js” ended with code 2')
  expect(outcome?.buildLines?.[0]).toBe('a cause that no rule knows')
  expect(outcome?.buildLines?.at(-1)).toBe('compiling module 30')
  expect(outcome?.buildLines).toHaveLength(15)
})

test.each([
  ['.dockerignore', { '.dockerignore': 'Dockerfile\n*.md\n!keep.md\n' }, ['keep.md', 'notes.txt']],
  [
    'the Dockerfile’s own .dockerignore before it',
    { '.dockerignore': '*\n', 'Dockerfile.dockerignore': '**/*.txt\n' },
    ['keep.md', 'plan.md'],
  ],
])('the build gets what %s leaves', async (name, ignore, left) => {
  const files = { 'keep.md': '', 'plan.md': '', 'notes.txt': '' }
  const branch = name.replace(/\W+/g, '')
  const Dockerfile = `${BASE}WORKDIR /x\nCOPY . .\nRUN ls *.md *.txt; exit 1\n${CMD}`
  await repo.commit(`ignore-${branch}`, { ...fixtureBot({ says: 'x' }), ...files, ...ignore, Dockerfile })
  const { outcome } = await deploy(`ignore-${branch}`)
  expect(outcome?.buildLines?.filter((line) => /^\w+\.\w+$/.test(line))).toEqual(left)
})

test('a token printed by the build is redacted in its log', async () => {
  const token = '987654321:AAzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'
  const script = `console.log('bot${token}'); process.exit(1)`
  const files = { ...fixtureBot({ says: 'x', build: 'fails' }), 'build.js': script }
  await repo.commit('prints', files)
  const { id, outcome } = await deploy('prints')
  const { buildLog } = await import('../../deploy-engine/index.ts')
  const log = (await buildLog(bench.engine, id)) ?? ''
  expect(log).toContain('bot[token]')
  expect(`${log}${JSON.stringify(outcome)}`).not.toContain(token)
})
