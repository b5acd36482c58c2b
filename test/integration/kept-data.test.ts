import { afterAll, beforeAll, expect, test } from 'vitest'
import { botStatus, recover } from '../../deploy-engine/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

const QUICK = { 'tbs.yaml': 'gate: { ready: 20s, stable: 1s }\nrun: { env: { GREETING: "good day" } }\n' }

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('my-bot'))
})

afterAll(() => close())

const deploy = (ref: string) => operate({ kind: 'deploy', args: { ref } })

const inside = async (command: string[]) => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  const { signal } = new AbortController()
  return (await bench.engine.docker.exec(release?.containerId ?? '', command, signal)).output.trim()
}

test('the environment is in .env beside the code as well, for nobody else to read', async () => {
  await repo.commit('main', { ...fixtureBot({ says: 'one', writes: '/app/state.json' }), ...QUICK })
  expect((await deploy('main')).state).toBe('succeeded')
  expect(await inside(['stat', '-c', '%a %u', '/app/.env'])).toBe('400 1000')
  expect(await inside(['grep', 'GREETING', '/app/.env'])).toBe("GREETING='good day'")
  expect(await inside(['printenv', 'GREETING'])).toBe('good day')
})

test('a container with data outside volumes is kept, named, and survives tidying up', async () => {
  await repo.commit('two', { ...fixtureBot({ says: 'two' }), ...QUICK })
  const { outcome } = await deploy('two')
  expect(outcome?.warnings).toEqual([
    `The container ${bench.settings.instance}-my-bot-v1 of v1 is kept: it holds data outside volumes (/app/state.json)`,
  ])
  await repo.commit('three', { ...fixtureBot({ says: 'three' }), ...QUICK })
  expect((await deploy('three')).outcome?.warnings).toBeUndefined()
  await recover(bench.engine)

  const { containers } = await objectsOf(bench.settings.instance)
  expect(containers).toEqual([
    `/${bench.settings.instance}-my-bot-v1 exited`,
    `/${bench.settings.instance}-my-bot-v3 running`,
  ])
  expect((await botStatus(bench.engine, 'my-bot')).keptData).toMatchObject([{ release: 1, paths: ['/app/state.json'] }])
  const { HostConfig } = await docker.getContainer(`${bench.settings.instance}-my-bot-v1`).inspect()
  expect(HostConfig.RestartPolicy?.Name).toBe('no')
})

test('data in a directory is told of, and becomes a volume that the next version has', async () => {
  const writes = '/app/state/users.json'
  const dockerfile = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nRUN mkdir state\nCMD ["node", "bot.js"]\n'
  const files = (says: string, more = {}) => ({ ...fixtureBot({ says, ...more }), ...QUICK, Dockerfile: dockerfile })
  await repo.commit('writer', files('writer', { writes }))
  const { outcome } = await deploy('writer')
  expect(outcome?.outside).toEqual(['/app/state'])
  expect(outcome?.warnings?.[0]).toBe('/app/state is no volume: its data stays only with this container')

  const kept = await restartWith('/app/state')
  expect(kept.outcome?.error).toBeUndefined()
  expect(kept.state).toBe('succeeded')
  await repo.commit('reader', files('reader'))
  expect((await deploy('reader')).state).toBe('succeeded')
  expect(await inside(['cat', writes])).toBe('{"written":true}')
  const { volumes = [] } = await objectsOf(bench.settings.instance)
  expect(volumes.filter((name) => name.includes('state'))).toHaveLength(1)
})

test.each([
  ['/app/state', 'volume_exists'],
  ['/app', 'holds_program'],
  ['/app/nothing', 'no_data'],
])('%s can’t become a volume: %s, and everything is as before', async (path, code) => {
  const before = await objectsOf(bench.settings.instance)
  const { outcome } = await restartWith(path)
  expect(outcome?.error?.code).toBe(code)
  expect(outcome?.running).not.toBeNull()
  expect(await objectsOf(bench.settings.instance)).toEqual(before)
})

const restartWith = (volume: string) => operate({ kind: 'restart', args: { volume } })
