import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addBot, type Operation, requestOperation, Secret } from '../../deploy-engine/index.ts'
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

test.each([
  ['a Dockerfile that is none', { Dockerfile: `${BASE}FOO bar\nCMD ["node"]\n` }, 'build_failed', /FOO/i],
  ['a base image that can’t be had', { Dockerfile: 'FROM 127.0.0.1:1/none:1\nCMD ["x"]\n' }, 'build_failed', /127/],
  ['tbs.yaml with an unknown key', { 'tbs.yaml': 'run: { comand: x }\n' }, 'bad_tbs_yaml', /comand/],
  ['a network that is not there', { 'tbs.yaml': 'run: { networks: [nowhere] }\n' }, 'docker_refused', /nowhere/],
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
