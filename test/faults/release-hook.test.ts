import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addBot,
  botStatus,
  type Engine,
  lookAtOperation,
  type Operation,
  requestOperation,
  Secret,
} from '../../deploy-engine/index.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { type Behaviour, fixtureBot } from '../helpers/fixture-bot.ts'
import { type GitRepo, gitRepo } from '../helpers/git-repo.ts'
import { load } from '../helpers/load.ts'

// faults.md, row 23: a release hook rewrites the data, under 20 updates a second.

const GATE = 'gate: { ready: 30s, stable: 1s }'
const VISITOR = { id: 2002, name: 'Vera' }

// Each version runs on data of its own format only.
const needs = (format: 1 | 2): string => `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
const data = (format) => '/app/data/state-' + format + '.json'
if (${format} === 1 && !existsSync(data(1)) && !existsSync(data(2))) {
  writeFileSync(data(1), JSON.stringify({ users: ['ann', 'ben'] }), { mode: 0o640 })
}
JSON.parse(readFileSync(data(${format}), 'utf8'))
await import('./bot.js')
`

const MIGRATE = `
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
const { users } = JSON.parse(readFileSync('/app/data/state-1.json', 'utf8'))
writeFileSync('/app/data/state-2.json', JSON.stringify({ people: users }))
rmSync('/app/data/state-1.json')
console.log('moved', users.length, 'users with', process.env.BOT_TOKEN)
if (process.argv[2] === 'fails') process.exit(1)
if (process.argv[2] === 'hangs') setInterval(() => {}, 1000)
`

let bench: Workbench
let repo: GitRepo
let bot: SandboxBot

beforeAll(async () => {
  bench = await workbench()
  repo = await gitRepo(join(bench.directory, 'repo'))
  bot = bench.sandbox.addBot({ username: 'hook_fixture_bot' })
  await addBot(bench.engine, { name: 'my-bot', repo: repo.url, token: new Secret(bot.token) })
  await repo.commit('main', {
    ...fixtureBot({ says: 'one' }),
    'start.js': needs(1),
    'tbs.yaml': `${GATE}\nrun: { command: node start.js }\n`,
  })
  expect((await deployUnderLoad('main')).operation.state).toBe('succeeded')
})

afterAll(() => bench.close())

const migrating = (branch: string, behaviour: Behaviour, how = ''): Promise<string> =>
  repo.commit(branch, {
    ...fixtureBot(behaviour),
    'start.js': needs(2),
    'migrate.js': MIGRATE,
    'tbs.yaml': `${GATE}\nrun: { command: node start.js }\nhooks: { release: node migrate.js ${how} }\n`,
  })

const deployUnderLoad = async (ref: string, engine: Engine = bench.engine) => {
  const visitor = load(bench.sandbox, bot, VISITOR)
  const request = { bot: 'my-bot', kind: 'deploy' as const, args: { ref }, requestedBy: 'test' }
  const { id } = (await requestOperation(engine, request)).operation
  await lookAtOperation(engine, id)
  const operation = await engine.database.read.findOneByOrFail<Operation>('operation', { id })
  return { operation, result: await visitor.stop() }
}

/** Everything about the data that can be seen, by its owners' names, modes, times and content. */
const data = async (): Promise<string> => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  const script = "cd /app/data; find . -printf '%p %U:%G %m %T@\\n' | sort; cat state-*"
  const { signal } = new AbortController()
  return (await bench.engine.docker.exec(release?.containerId ?? '', ['sh', '-c', script], signal)).output
}

const volumes = async (): Promise<string[]> => (await objectsOf(bench.settings.instance)).volumes ?? []

const expectAsBefore = async (operation: Operation, { before, copies }: { before: string; copies: string[] }) => {
  expect(operation).toMatchObject({ state: 'failed', outcome: { running: 1 } })
  expect(await data()).toBe(before)
  const kept = (await volumes()).filter((name) => !copies.includes(name))
  expect(kept).toEqual([`${copies[0]}.changed-${operation.id}`])
  expect(operation.outcome?.warnings).toEqual([expect.stringContaining(`24 hours in the Docker volume ${kept[0]}`)])
  const { containers } = await objectsOf(bench.settings.instance)
  expect(containers).toEqual([`/${bench.settings.instance}-my-bot-v1 running`])
  const outcome = JSON.stringify(operation.outcome)
  expect(outcome).not.toContain(bot.token)
}

test.each<[string, Behaviour, string, string, string[] | undefined]>([
  ['the new version crashes', { says: 'never', crash: 'at once' }, '', 'exited', undefined],
  ['the new version is deaf', { says: 'never', deaf: true }, '', 'deaf', undefined],
  ['the hook fails', { says: 'never' }, 'fails', 'hook_failed', ['moved 2 users with [secret]']],
])('when %s, the old one answers on the data as it was', async (what, behaviour, how, code, lines) => {
  const copies = await volumes()
  const before = await data()
  const branch = what.replaceAll(' ', '-')
  await migrating(branch, behaviour, how)
  const { operation, result } = await deployUnderLoad(branch)

  expect(operation.outcome?.error?.code).toBe(code)
  if (lines) expect(operation.outcome?.logLines).toEqual(lines)
  expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['one'] })
  await expectAsBefore(operation, { before, copies })
})

test('a hook that hangs is ended after a minute, and the old version answers on the data as it was', async () => {
  const copies = await volumes()
  const before = await data()
  await migrating('hangs', { says: 'never' }, 'hangs')
  const { clock } = bench.engine
  const sleep = (ms: number, signal?: AbortSignal) => clock.sleep(ms === 60_000 ? 2_000 : ms, signal)
  const { operation, result } = await deployUnderLoad('hangs', { ...bench.engine, clock: { ...clock, sleep } })

  expect(operation.outcome?.error?.message).toBe('The release hook did not end within 60 s')
  expect(operation.outcome?.logLines).toEqual([expect.stringMatching(/^moved 2 users/)])
  expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['one'] })
  await expectAsBefore(operation, { before, copies })
})

test('a hook that works is run once; the copy of the data goes when the new version is live', async () => {
  const copies = await volumes()
  await migrating('two', { says: 'two' })
  const { operation, result } = await deployUnderLoad('two')

  expect(operation).toMatchObject({ state: 'succeeded', outcome: { proof: 'live' } })
  expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['one', 'two'] })
  expect(await data()).toContain('{"people":["ann","ben"]}')
  expect(await volumes()).toEqual(copies)
  const restart = { bot: 'my-bot', kind: 'restart' as const, args: {}, requestedBy: 'test' }
  const visitor = load(bench.sandbox, bot, VISITOR)
  const restarted = await bench.carryOut((await requestOperation(bench.engine, restart)).operation)
  await visitor.stop()
  expect(restarted.state).toBe('succeeded')
})

test('the way back from a version that turns out deaf leads to the data as it was before its hook', async () => {
  const [volume = ''] = await volumes()
  const before = await data()
  const deaf = {
    ...fixtureBot({ says: 'deaf', deaf: true }),
    'undo.js': "import('node:fs').then((fs) => fs.rmSync('/app/data/state-2.json'))",
  }
  const quick = 'gate: { ready: 5s, stable: 1s }\nhooks: { release: node undo.js }\n'
  await repo.commit('deaf', { ...deaf, 'tbs.yaml': quick })
  const request = { bot: 'my-bot', kind: 'deploy' as const, args: { ref: 'deaf' }, requestedBy: 'test' }
  const unproven = await bench.carryOut((await requestOperation(bench.engine, request)).operation)
  expect(unproven.outcome).toMatchObject({ proof: 'unproven' })
  expect(await volumes()).toContain(`${volume}.before-${unproven.id}`)

  const back = {
    bot: 'my-bot',
    kind: 'rollback' as const,
    args: { release: unproven.outcome?.wayBack ?? 0, cause: 'test' },
  }
  const visitor = load(bench.sandbox, bot, VISITOR)
  const { operation } = await requestOperation(bench.engine, { ...back, requestedBy: 'test' })
  const ended = await bench.carryOut(operation)
  expect(await visitor.stop()).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['two'] })
  expect(ended.state).toBe('succeeded')
  expect(ended.outcome?.warnings).toEqual([expect.stringContaining(`${volume}.before-${ended.id}`)])
  expect(await data()).toBe(before)
  const inspected = await docker
    .getVolume(`${volume}.before-${unproven.id}`)
    .inspect()
    .catch(() => undefined)
  expect(inspected).toBeUndefined()
})
