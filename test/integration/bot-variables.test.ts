import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  botLogs,
  botStatus,
  Secret,
  setBot,
  setConfigFile,
  setVariables,
  variableNames,
} from '../../deploy-engine/index.ts'
import { docker } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

const GATE = 'gate: { ready: 20s, stable: 1s }\n'
const DOCKERFILE = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nUSER node\nCMD ["node", "start.js"]\n'
const PASSWORD = 'hunter2-of-the-config'

// It needs ADMIN_ID, and shows what it was given.
const START = `
import { readFileSync } from 'node:fs'
if (!process.env.ADMIN_ID) {
  console.error('Error: ADMIN_ID is not defined')
  process.exit(1)
}
console.log(readFileSync('conf/deep/bot.json', 'utf8'), readFileSync('config.yml', 'utf8'))
await import('./bot.js')
`

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('my-bot'))
})

afterAll(() => close())

const commit = (more: Record<string, string> = {}) =>
  repo.commit('main', {
    ...fixtureBot({ says: 'base' }),
    'start.js': START,
    Dockerfile: DOCKERFILE,
    'tbs.yaml': GATE,
    ...more,
  })

const deploy = () => operate({ kind: 'deploy', args: { ref: 'main' } })

const put = (path: string, content: string) =>
  setConfigFile(bench.engine, 'my-bot', { path, content: new Secret(content) })

const inside = async (command: string) => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  const { signal } = new AbortController()
  return (await bench.engine.docker.exec(release?.containerId ?? '', ['sh', '-c', command], signal)).output.trim()
}

test('a bot that ends for want of a variable says which', async () => {
  await commit()
  expect(await deploy()).toMatchObject({
    state: 'failed',
    outcome: {
      error: { code: 'exited' },
      missing: { names: ['ADMIN_ID'], line: 'Error: ADMIN_ID is not defined' },
    },
  })
})

test('with it, and with its config files, it runs as a user that is not root', async () => {
  await setVariables(bench.engine, 'my-bot', { ADMIN_ID: new Secret('42'), PEM: new Secret('a b\nc') })
  await put('config.yml', `password: ${PASSWORD}\n`)
  await put('conf/deep/bot.json', '{"language":"english"}')
  expect(await deploy()).toMatchObject({ state: 'succeeded' })

  expect(await inside('id -un; printenv ADMIN_ID PEM')).toBe('node\n42\na b\nc')
  expect((await inside('cat .env')).split('\n')).toEqual(expect.arrayContaining(['ADMIN_ID=42', 'PEM="a b\\nc"']))
  expect(await inside('stat -c "%U %a" .env config.yml conf/deep/bot.json')).toBe('node 400\nnode 400\nnode 400')
  expect(await inside('stat -c %A conf conf/deep')).toMatch(/^d..x..x..x\nd..x..x..x$/)
  expect(await variableNames(bench.engine, 'my-bot')).toEqual(['ADMIN_ID', 'PEM'])
})

test('what a config file holds is no data of the bot, and its secrets are shown and kept nowhere', async () => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  const operation = await bench.engine.database.read.findOneByOrFail<{ id: number; outcome: object }>('operation', {
    id: release?.operationId ?? 0,
  })
  expect(operation.outcome).not.toHaveProperty('outside')
  expect(operation.outcome).not.toHaveProperty('warnings')
  const printed = (await botLogs(bench.engine, 'my-bot', { lines: 50 })).flatMap(({ lines }) => lines)
  expect(printed.map(({ text }) => text)).toContain('{"language":"english"} password: [secret]')
  expect(await inDataDir(PASSWORD)).toEqual([])
})

test('a restart takes the new ones, and the old container goes in spite of its config files', async () => {
  const before = (await botStatus(bench.engine, 'my-bot')).release?.containerId ?? ''
  await setVariables(bench.engine, 'my-bot', { ADMIN_ID: new Secret('43'), PEM: null })
  await put('config.yml', 'password: another-one\n')
  expect(await operate({ kind: 'restart', args: {} })).toMatchObject({ state: 'succeeded' })
  expect(await inside('printenv ADMIN_ID; grep -c PEM .env; cat config.yml')).toBe('43\n0\npassword: another-one')
  expect(await bench.engine.docker.container(before)).toBeUndefined()
  expect((await botStatus(bench.engine, 'my-bot')).keptData).toEqual([])
})

test('limits that a person set hold from the next start on, in the place of the repository’s', async () => {
  await setBot(bench.engine, { bot: 'my-bot', setting: 'memory', value: '256m' })
  await setBot(bench.engine, { bot: 'my-bot', setting: 'cpus', value: '0.5' })
  expect(await operate({ kind: 'restart', args: {} })).toMatchObject({ state: 'succeeded' })
  const { release } = await botStatus(bench.engine, 'my-bot')
  const { HostConfig } = await docker.getContainer(release?.containerId ?? '').inspect()
  expect(HostConfig).toMatchObject({ Memory: 256 * 1024 * 1024, NanoCpus: 500_000_000 })
})

test('a config file in a volume, or in the place of a directory, is refused before anything is touched', async () => {
  await commit({ 'tbs.yaml': `${GATE}run: { volumes: [/app/conf] }\n` })
  const refused = await deploy()
  expect(refused).toMatchObject({ state: 'failed', outcome: { running: 2, error: { code: 'file_in_volume' } } })
  expect(refused.outcome?.error?.message).toContain('/app/conf/deep/bot.json')

  await commit({ 'config.yml/inner.txt': 'x' })
  expect(await deploy()).toMatchObject({ state: 'failed', outcome: { running: 2, error: { code: 'docker_refused' } } })
})

const inDataDir = async (text: string): Promise<string[]> => {
  const entries = await readdir(bench.settings.dataDir, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const contents = await Promise.all(paths.map(async (path) => (await readFile(path)).toString('latin1')))
  return paths.filter((_, index) => contents[index]?.includes(text))
}
