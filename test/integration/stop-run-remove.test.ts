import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addBot,
  botStatus,
  type Engine,
  lookAtOperation,
  type Operation,
  type OperationArgs,
  openEngine,
  operationView,
  recover,
  removePreview,
  requestOperation,
  rollbackPreview,
  Secret,
} from '../../deploy-engine/index.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { quietLog, type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type GitRepo, gitRepo } from '../helpers/git-repo.ts'
import { OWNER } from '../helpers/installation.ts'

let bench: Workbench
let engine: Engine
let repo: GitRepo
let bot: SandboxBot
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  bench = await workbench()
  engine = bench.engine
  bench.sandbox.addPerson({ id: OWNER, name: 'Olga' })
  bot = bench.sandbox.addBot({ username: 'stopped_bot' })
  repo = await gitRepo(join(bench.directory, 'repo'))
  await register()
  await deploy('one')
})

afterAll(async () => {
  for (const close of closing) await close()
  await bench.close()
})

const register = () => addBot(engine, { name: 'my-bot', repo: repo.url, branch: 'main', token: new Secret(bot.token) })

const operate = async (kind: Operation['kind'], args: OperationArgs = {}): Promise<Operation> => {
  const { operation } = await requestOperation(engine, { bot: 'my-bot', kind, args, requestedBy: 'test' })
  const talking = setInterval(() => bench.sandbox.say(OWNER, bot.username, 'hello'), 300)
  try {
    await lookAtOperation(engine, operation.id)
    return (await operationView(engine, operation.id)).operation
  } finally {
    clearInterval(talking)
  }
}

/** `writes`: into its volume, as soon as it runs. */
const deploy = async (says: string, { writes = true } = {}): Promise<Operation> => {
  const volumes = 'run: { volumes: [/app/data], stop_grace: 3s }\ngate: { ready: 15s, stable: 1s }\n'
  await repo.commit(
    'main',
    { ...fixtureBot({ says, ...(writes && { writes: '/app/data/said.json' }) }), 'tbs.yaml': volumes },
    says,
  )
  return operate('deploy')
}

const state = async () => (await botStatus(engine, 'my-bot')).state

const activeContainer = async () => {
  const { containerId } = (await botStatus(engine, 'my-bot')).release ?? {}
  return docker.getContainer(containerId ?? '').inspect()
}

/** As another process on the same data dir would find it. */
const otherManager = async (): Promise<void> => {
  const opened = await openEngine(bench.settings, { log: quietLog })
  closing.push(opened.close)
  engine = opened.engine
  await recover(engine)
}

test('a stopped bot is asked to end, stays so, and comes up again afresh', async () => {
  const before = await activeContainer()
  const stopped = await operate('stop')
  expect(stopped).toMatchObject({ state: 'succeeded', outcome: { stopped: 1, running: null } })
  expect(await state()).toBe('stopped')
  const ended = await activeContainer()
  expect(ended.Id).toBe(before.Id)
  // The fixture ends by itself on SIGTERM.
  expect(ended.State).toMatchObject({ Running: false, ExitCode: 0 })
  expect(ended.HostConfig.RestartPolicy?.Name).toBe('no')
  await expect(operate('stop')).rejects.toMatchObject({ code: 'already_stopped' })

  await otherManager()
  expect(await state()).toBe('stopped')
  expect((await activeContainer()).State.Running).toBe(false)

  const ran = await operate('run')
  expect(ran).toMatchObject({ state: 'succeeded', outcome: { proof: 'live', release: 1 } })
  const after = await activeContainer()
  expect(after.Id).not.toBe(before.Id)
  expect(after.HostConfig.RestartPolicy?.Name).toBe('unless-stopped')
  expect(await state()).toBe('live')
  await expect(operate('run')).rejects.toMatchObject({ code: 'already_running' })
})

test('a bot that is ended from outside is not called stopped, and can be run', async () => {
  const { Id } = await activeContainer()
  const container = docker.getContainer(Id)
  await container.kill()
  await container.wait()
  expect(await state()).toBe('exited')
  expect((await operate('run')).state).toBe('succeeded')
})

test('a deploy of a stopped bot starts it; one that fails leaves it stopped', async () => {
  await operate('stop')
  await repo.commit('bad', { ...fixtureBot({ says: 'bad', crash: 'at once' }) })
  const failed = await operate('deploy', { ref: 'bad' })
  expect(failed).toMatchObject({ state: 'failed', outcome: { running: null } })
  expect(await state()).toBe('stopped')
  expect((await activeContainer()).HostConfig.RestartPolicy?.Name).toBe('no')

  const preview = await deploy('two').then(() => rollbackPreview(engine, 'my-bot'))
  expect(await state()).toBe('live')
  expect(preview).toMatchObject({ direction: 'back', from: { number: 3 }, to: { number: 1 }, hasVolumes: true })
  expect(preview.commits?.map(({ subject }) => subject)).toEqual(['two'])
})

test('removed, nothing but its data is left, which the next bot of this name finds again', async () => {
  const { volumes = [], images, containers } = await objectsOf(bench.settings.instance)
  const preview = await removePreview(engine, 'my-bot')
  expect(preview.volumes).toEqual(volumes)
  expect(preview.images).toEqual(images)
  expect(preview.containers.map((name) => `/${name} running`)).toEqual(containers)

  const removed = await operate('remove')
  expect(removed.outcome).toMatchObject({ removed: { volumes: [], kept: volumes }, running: null, warnings: [] })
  expect(await objectsOf(bench.settings.instance)).toEqual({ containers: [], images: [], networks: [], volumes })
  for (const left of ['logs/my-bot', `repos/${removed.botId}`]) {
    expect(existsSync(join(bench.settings.dataDir, left)), left).toBe(false)
  }
  await expect(botStatus(engine, 'my-bot')).rejects.toMatchObject({ code: 'unknown_bot' })
  expect((await operationView(engine, removed.id)).bot.name).toBe('my-bot')

  await register()
  expect(await deploy('three', { writes: false })).toMatchObject({ state: 'succeeded', outcome: { release: 1 } })
  const reading = await docker
    .getContainer((await activeContainer()).Id)
    .exec({ Cmd: ['cat', '/app/data/said.json'], AttachStdout: true })
  const stream = await reading.start({})
  const [chunk] = await once(stream, 'data')
  expect(String(chunk)).toContain('{"written":true}')
  expect((await objectsOf(bench.settings.instance)).volumes).toEqual(volumes)
})

test('with “data” the volumes go, too', async () => {
  const removed = await operate('remove', { data: true })
  expect(removed).toMatchObject({ state: 'succeeded', outcome: { removed: { kept: [] }, warnings: [] } })
  expect(await objectsOf(bench.settings.instance)).toEqual({ containers: [], images: [], networks: [], volumes: [] })
})
