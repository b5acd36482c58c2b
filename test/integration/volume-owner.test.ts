import { afterAll, beforeAll, expect, test } from 'vitest'
import { botStatus, type Operation, type Step } from '../../deploy-engine/index.ts'
import { type Behaviour, fixtureBot } from '../helpers/fixture-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

const GATE = 'gate: { ready: 20s, stable: 1s }'

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('my-bot'))
})

afterAll(() => close())

type Version = { user: string; writes: string; tail?: string; volume?: string }

/** A version in an image with that user; it exits when it can't write a file into its volume, which nobody made. */
const deploy = async (
  name: string,
  { user, writes, tail = '', volume = '/data' }: Version,
  more: Partial<Behaviour> = {},
) => {
  await repo.commit(name, {
    ...fixtureBot({ says: name, writes: `${volume}/${writes}`, ...more }),
    Dockerfile: `FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nUSER ${user}\nCMD ["node", "bot.js"]\n`,
    'tbs.yaml': `${GATE}\nrun: { volumes: [${volume}] }\n${tail}`,
  })
  return operate({ kind: 'deploy', args: { ref: name } })
}

const inside = async (command: string) => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  const { signal } = new AbortController()
  const { output } = await bench.engine.docker.exec(release?.containerId ?? '', ['sh', '-c', command], signal)
  return output.trim().split('\n')
}

const owners = (volume = '/data') => inside(`cd ${volume} && find . -printf '%p %u\\n' | sort`)

const stepsOf = async ({ id }: Operation): Promise<string[]> => {
  const found = await bench.engine.database.read.findBy<Step>('step', { operationId: id })
  return found.map(({ name }) => name)
}

test('from root to another user: the new version can write what root left, also below its own directory', async () => {
  expect((await deploy('root', { user: 'root', writes: 'state.json' })).state).toBe('succeeded')
  await inside('mkdir -p "/data/deep er" && touch "/data/deep er/new\\nline" && ln -s /etc/passwd /data/link')
  await inside('chown node /data')
  expect(await owners()).toContain('./state.json root')

  const operation = await deploy('node', { user: 'node', writes: 'state.json' })
  expect(operation).toMatchObject({ state: 'succeeded' })
  expect(await stepsOf(operation)).toContain('owner')
  expect(new Set((await owners()).map((line) => line.split(' ').at(-1)))).toEqual(new Set(['node']))
  expect(await inside('stat -c %u /etc/passwd')).toEqual(['0'])
})

test('the same user again: nothing is looked through and no step is made of it', async () => {
  const operation = await deploy('again', { user: 'node', writes: 'more.json' })
  expect(operation.state).toBe('succeeded')
  expect(await stepsOf(operation)).not.toContain('owner')
})

test('from 1000 to 1001 and back: a version that fails leaves everything to whom it was', async () => {
  const before = await owners()
  const failed = await deploy('crashes', { user: '1001', writes: 'other.json' }, { crash: 'at once' })
  expect(failed).toMatchObject({ state: 'failed', outcome: { running: 3, error: { code: 'exited' } } })
  expect(await stepsOf(failed)).toContain('owner')
  // What the failed one made belongs to the old one too: it has to be able to write it.
  expect(await owners()).toEqual([...before, './other.json node'].sort())

  expect((await deploy('other', { user: '1001', writes: 'state.json' })).state).toBe('succeeded')
  expect(await inside('stat -c %u /data /data/state.json')).toEqual(['1001', '1001'])
})

test('a volume over a directory that the image lacks belongs to the image’s user from the start', async () => {
  const operation = await deploy('fresh', { user: 'node', writes: 'state.json', volume: '/nowhere/data' })
  expect(operation.state).toBe('succeeded')
  expect(await owners('/nowhere/data')).toEqual(['. node', './state.json node'])
})

test('a volume in use gets neither content nor owner of the next image while the old version runs', async () => {
  await inside('rm /nowhere/data/state.json')
  await repo.commit('ships', {
    ...fixtureBot({ says: 'ships', crash: 'at once' }),
    Dockerfile: `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN mkdir -p /nowhere/data && touch /nowhere/data/shipped && chown -R 1001 /nowhere
USER 1001
CMD ["node", "bot.js"]
`,
    'tbs.yaml': `${GATE}\nrun: { volumes: [/nowhere/data] }\n`,
  })
  const operation = await operate({ kind: 'deploy', args: { ref: 'ships' } })
  expect(operation.state).toBe('failed')
  expect(await owners('/nowhere/data')).toEqual(['. node', './state.json node'])
})
