import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addBot, botStatus, requestOperation, Secret } from '../../deploy-engine/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { gitRepo } from '../helpers/git-repo.ts'

let bench: Workbench

beforeAll(async () => {
  bench = await workbench()
}, 60_000)

afterAll(() => bench.close(), 60_000)

test('a deploy from git ends with a bot that answers', async () => {
  const { engine, sandbox, settings } = bench
  const repo = await gitRepo(join(bench.directory, 'repo'))
  await repo.commit('main', fixtureBot({ says: 'one' }))
  const person = sandbox.addPerson({ name: 'Ann' })
  const bot = sandbox.addBot({ username: 'fixture_bot' })
  await addBot(engine, { name: 'my-bot', repo: repo.url, token: new Secret(bot.token) })

  const request = { bot: 'my-bot', kind: 'deploy' as const, args: { ref: 'main' }, requestedBy: 'test' }
  const { operation } = await requestOperation(engine, request)
  const talk = engine.changes.listen(({ step, edge }) => {
    if (step === 'gate' && edge === 'before') sandbox.say(person.id, 'fixture_bot', 'hello')
  })
  const ended = await bench.carryOut(operation)
  talk()

  expect(ended.outcome).toMatchObject({ release: 1, proof: 'live', running: 1 })
  expect(ended.state).toBe('succeeded')
  await sandbox.waitFor((s) => s.conversation('fixture_bot', person.id).some(({ text }) => text === 'one: hello'))
  expect((await botStatus(engine, 'my-bot')).state).toBe('live')
  expect(await objectsOf(settings.instance)).toMatchObject({
    containers: [`/${settings.instance}-my-bot-v1 running`],
    networks: [`${settings.instance}-my-bot`],
  })
})

test('a cancel that comes when the release is recorded already makes no failure of it', async () => {
  const { engine, sandbox } = bench
  const repo = await gitRepo(join(bench.directory, 'late'))
  await repo.commit('main', { ...fixtureBot({ says: 'one' }), 'tbs.yaml': 'gate: { ready: 1s, stable: 1s }\n' })
  const bot = sandbox.addBot({ username: 'late_fixture_bot' })
  await addBot(engine, { name: 'late-bot', repo: repo.url, token: new Secret(bot.token) })

  const request = { bot: 'late-bot', kind: 'deploy' as const, args: {}, requestedBy: 'test' }
  const { operation } = await requestOperation(engine, request)
  const forget = engine.changes.listen(({ operation: id, step, edge }) => {
    if (step === 'record' && edge === 'after') engine.running.controllers.get(id)?.abort(new Error('too late'))
  })
  const { state, outcome } = await bench.carryOut(operation)
  forget()
  expect({ state, running: outcome?.running }).toEqual({ state: 'succeeded', running: 1 })
})
