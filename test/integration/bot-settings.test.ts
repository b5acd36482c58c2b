import { afterAll, beforeAll, expect, test } from 'vitest'
import { botSettings, botStatus, setSetting } from '../../deploy-engine/index.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

const MANIFEST = 'gate: { ready: 20s, stable: 1s }\nrun: { env: { LOG_LEVEL: warn, COLOUR: red } }\n'

// It ends when it is told to.
const START = `
if (process.env.LOG_LEVEL === 'broken') process.exit(3)
await import('./bot.js')
`
const DOCKERFILE = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nCMD ["node", "start.js"]\n'

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('my-bot'))
  const files = { 'start.js': START, Dockerfile: DOCKERFILE, 'tbs.yaml': MANIFEST }
  await repo.commit('main', { ...fixtureBot({ says: 'base' }), ...files })
})

afterAll(() => close())

const set = (key: string, value: string | null) => setSetting(bench.engine, { bot: 'my-bot', key, value })

const runsWith = async () => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  const { signal } = new AbortController()
  const command = ['sh', '-c', 'echo $LOG_LEVEL $COLOUR; grep LOG_LEVEL .env']
  return (await bench.engine.docker.exec(release?.containerId ?? '', command, signal)).output.trim()
}

const next = async (key: string) =>
  (await botSettings(bench.engine, 'my-bot')).settings.find((one) => one.key === key)?.next

test('settings come before the repository’s, and a restart is what brings them', async () => {
  await set('LOG_LEVEL', 'info')
  expect(await operate({ kind: 'deploy', args: { ref: 'main' } })).toMatchObject({ state: 'succeeded' })
  expect(await runsWith()).toBe('info red\nLOG_LEVEL=info')
  await set('LOG_LEVEL', 'debug')
  expect(await runsWith()).toBe('info red\nLOG_LEVEL=info')
  expect(await operate({ kind: 'restart', args: {} })).toMatchObject({ state: 'succeeded' })
  expect(await runsWith()).toBe('debug red\nLOG_LEVEL=debug')
})

test('going back brings back what that release last ran with, and going forward what the other one did', async () => {
  await set('LOG_LEVEL', 'error')
  expect(await operate({ kind: 'deploy', args: { ref: 'main' } })).toMatchObject({ state: 'succeeded' })
  expect(await operate({ kind: 'rollback', args: { release: 1 } })).toMatchObject({ state: 'succeeded' })
  expect(await runsWith()).toBe('debug red\nLOG_LEVEL=debug')
  expect(await next('LOG_LEVEL')).toBe('debug')
  expect(await operate({ kind: 'rollback', args: { release: 2 } })).toMatchObject({ state: 'succeeded' })
  expect(await runsWith()).toBe('error red\nLOG_LEVEL=error')
  await set('LOG_LEVEL', null)
  expect(await operate({ kind: 'restart', args: {} })).toMatchObject({ state: 'succeeded' })
  expect(await runsWith()).toBe('warn red\nLOG_LEVEL=warn')
})

test('a setting that the bot can’t run with is undone with the restart, and stays to be corrected', async () => {
  await set('LOG_LEVEL', 'broken')
  expect(await operate({ kind: 'restart', args: {} })).toMatchObject({
    state: 'failed',
    outcome: { running: 2, error: { code: 'exited' } },
  })
  expect(await runsWith()).toBe('warn red\nLOG_LEVEL=warn')
  const { settings } = await botSettings(bench.engine, 'my-bot')
  expect(settings.find(({ key }) => key === 'LOG_LEVEL')).toMatchObject({ next: 'broken', now: 'warn' })
})
