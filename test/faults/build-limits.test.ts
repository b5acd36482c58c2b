import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addBot,
  cancelOperations,
  type Engine,
  type EngineSettings,
  lookAtOperation,
  type Operation,
  requestOperation,
  Secret,
  type Step,
} from '../../deploy-engine/index.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type GitRepo, gitRepo } from '../helpers/git-repo.ts'

// faults.md, row 10: a build that needs more memory than its cap, or longer than its limit, with either builder.

const MIB = 1024 * 1024
const OWNER = 1001
const QUICK = { 'tbs.yaml': 'gate: { ready: 5s, stable: 1s }\n' }
const WITH_BUILDKIT = 'RUN --mount=type=cache,target=/cache '
const BUILDERS = [
  ['the classic builder', 'RUN '],
  ['BuildKit', WITH_BUILDKIT],
] as const

let bench: Workbench
let repo: GitRepo
let bot: SandboxBot
let commits = 0

beforeAll(async () => {
  bench = await workbench()
  bench.sandbox.addPerson({ id: OWNER, name: 'Olga' })
  repo = await gitRepo(join(bench.directory, 'repo'))
  await repo.commit('main', { ...dockerfile('RUN true'), ...QUICK })
  bot = bench.sandbox.addBot({ username: 'limits_fixture_bot' })
  await addBot(bench.engine, { name: 'my-bot', repo: repo.url, token: new Secret(bot.token) })
  const talking = setInterval(() => bench.sandbox.say(OWNER, bot.username, 'hello'), 300)
  const { state, outcome } = await bench.carryOut(await ask('main')).finally(() => clearInterval(talking))
  expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded' })
})

afterAll(() => bench.close())

const START = 'CMD ["node", "bot.js"]'

const dockerfile = (instruction: string) => ({
  ...fixtureBot({ says: 'base' }),
  Dockerfile: `FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY bot.js package.json ./\n${instruction}\n${START}\n`,
})

const ask = async (ref: string, name = 'my-bot'): Promise<Operation> => {
  const request = { bot: name, kind: 'deploy' as const, args: { ref }, requestedBy: 'test' }
  return (await requestOperation(bench.engine, request)).operation
}

const commit = async (instruction: string): Promise<string> => {
  const branch = `build-${++commits}`
  await repo.commit(branch, { ...dockerfile(instruction), ...QUICK })
  return branch
}

const limited = (build: NonNullable<EngineSettings['build']>): Engine => ({
  ...bench.engine,
  settings: { ...bench.engine.settings, build },
})

/** Builds with those limits, beside the running bot, which nothing may touch. */
const fails = async (instruction: string, build: NonNullable<EngineSettings['build']>) => {
  const before = await objectsOf(bench.settings.instance)
  const { id } = await ask(await commit(instruction))
  await lookAtOperation(limited(build), id)
  const { state, outcome } = await operation(id)
  expect(state).toBe('failed')
  expect(outcome?.running).toBe(1)
  await nothingIsLeft(before)
  await answers()
  return outcome?.error
}

const operation = (id: number) => bench.engine.database.read.findOneByOrFail<Operation>('operation', { id })

const nothingIsLeft = async (before: Record<string, string[]>) => {
  expect(await objectsOf(bench.settings.instance)).toEqual(before)
  expect(await readdir(join(bench.settings.dataDir, 'tmp'))).toEqual([])
}

let said = 0
const answers = async () => {
  const text = `still there? ${++said}`
  bench.sandbox.say(OWNER, bot.username, text)
  const reply = `base: ${text}`
  await bench.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some((message) => message.text === reply), {
    timeout: 10_000,
    what: reply,
  })
}

/** Takes 50 MB more again and again, up to 3 GB, and holds it. */
const GROW = 'if (a.length < 60) a.push(Buffer.alloc(50e6, 1))'
const EATS_MEMORY = `node -e "const a = []; setInterval(() => { ${GROW} }, 20)"`

test('row 10: a classic build that needs more memory than its cap dies alone', async () => {
  const error = await fails(`RUN ${EATS_MEMORY}`, { memoryBytes: 128 * MIB, ms: 60_000 })
  expect(error).toMatchObject({ code: 'build_failed' })
  expect(error?.message).toMatch(/ended with code 137: .* killed.* more memory than a build may use$/)
})

test('row 10: a BuildKit build, which has no cap, is ended before the host runs out of memory', async () => {
  const available = await bench.engine.files.availableMemory()
  const error = await fails(WITH_BUILDKIT + EATS_MEMORY, { freeBytes: available - 700 * MIB, ms: 60_000 })
  expect(error).toMatchObject({ code: 'no_memory' })
  expect(error?.message).toMatch(/^The build was ended: it left this host only \d+ MB of memory/)
})

test('a BuildKit build does not begin on a host with too little memory', async () => {
  const error = await fails(`${WITH_BUILDKIT}true`, { memoryBytes: 2 ** 50 })
  expect(error).toMatchObject({ code: 'no_memory' })
  expect(error?.message).toMatch(/^A build with BuildKit needs \d+ MB of memory, and \d+ MB are free/)
})

test.each(BUILDERS)('row 10: a build with %s that takes longer than its limit is ended', async (_, run) => {
  const error = await fails(`${run}sleep 86401`, { ms: 4_000 })
  expect(error).toMatchObject({ code: 'build_timeout' })
  expect(error?.message).toBe('The build took longer than 4 seconds and was ended')
  await processIsGone('sleep 86401')
})

test.each(BUILDERS)('a build with %s is cancelled within 2 s, its processes with it', async (_, run) => {
  const before = await objectsOf(bench.settings.instance)
  const { id } = await ask(await commit(`${run}sleep 86402`))
  const over = lookAtOperation(bench.engine, id)
  await processRuns('sleep 86402')
  const took = await cancel('my-bot', id, over)
  expect(took).toBeLessThan(2_000)
  await processIsGone('sleep 86402')
  expect((await operation(id)).state).toBe('cancelled')
  await nothingIsLeft(before)
})

test('a build that waits behind another one is cancelled within 2 s, and the other one goes on', async () => {
  const other = bench.sandbox.addBot({ username: 'waiting_fixture_bot' })
  await addBot(bench.engine, { name: 'waiting', repo: repo.url, token: new Secret(other.token) })
  const before = await objectsOf(bench.settings.instance)
  const first = await ask(await commit('RUN sleep 86403'))
  const firstOver = lookAtOperation(bench.engine, first.id)
  await processRuns('sleep 86403')
  const second = await ask('main', 'waiting')
  const waits = stepSays('waits for another build', second.id)
  const secondOver = lookAtOperation(bench.engine, second.id)
  await waits
  expect(await cancel('waiting', second.id, secondOver)).toBeLessThan(2_000)
  expect((await operation(second.id)).state).toBe('cancelled')
  expect(await pids('sleep 86403')).not.toBe('')
  await cancel('my-bot', first.id, firstOver)
  await nothingIsLeft(before)
})

/** Milliseconds from asking to the operation's end. */
const cancel = async (name: string, id: number, over: Promise<void>): Promise<number> => {
  const asked = performance.now()
  await cancelOperations(bench.engine, name)
  await lookAtOperation(bench.engine, id)
  await over
  return performance.now() - asked
}

const stepSays = (detail: string, id: number) =>
  new Promise<void>((resolve) => {
    const stop = bench.engine.changes.listen(async (change) => {
      if (change.operation !== id) return
      const steps = await bench.engine.database.read.findBy<Step>('step', { operationId: id })
      if (!steps.some((step) => step.detail === detail)) return
      stop()
      resolve()
    })
  })

// Processes of containers are visible on the host of a local daemon.
const pids = (command: string): Promise<string> =>
  promisify(execFile)('pgrep', ['-fx', command]).then(
    ({ stdout }) => stdout,
    () => '',
  )

const until = async (condition: () => Promise<boolean>) => {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 600) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const processRuns = (command: string) => until(async () => (await pids(command)) !== '')

const processIsGone = (command: string) => until(async () => (await pids(command)) === '')
