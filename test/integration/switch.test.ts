import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  botStatus,
  type Engine,
  lookAtOperation,
  type Operation,
  requestOperation,
  type Step,
} from '../../deploy-engine/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { type Behaviour, fixtureBot } from '../helpers/fixture-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

const GATE = 'gate: { ready: 20s, stable: 1s }\n'

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, close } = await talkativeBench('my-bot'))
})

afterAll(() => close())

type Version = { dockerfile?: string; manifest?: string; behaviour?: Partial<Behaviour>; engine?: Engine }

const deploy = async (name: string, { dockerfile, manifest = '', behaviour, engine = bench.engine }: Version = {}) => {
  await repo.commit(name, {
    ...fixtureBot({ says: name, ...behaviour }),
    ...(dockerfile !== undefined && { Dockerfile: dockerfile }),
    'tbs.yaml': `${GATE}${manifest}`,
  })
  const request = { bot: 'my-bot', kind: 'deploy' as const, args: { ref: name }, requestedBy: 'test' }
  const { id } = (await requestOperation(engine, request)).operation
  await lookAtOperation(engine, id)
  return engine.database.read.findOneByOrFail<Operation>('operation', { id })
}

const stepsOf = ({ id }: Operation): Promise<Step[]> =>
  bench.engine.database.read.findBy<Step>('step', { operationId: id })

const running = async () => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  return docker.getContainer(release?.containerId ?? '').inspect()
}

const inside = async (...command: string[]) => {
  const { signal } = new AbortController()
  return (await bench.engine.docker.exec((await running()).Id, command, signal)).output.trim()
}

const expectUntouched = async (operation: Operation, { code, since }: { code: string; since: string }) => {
  expect(operation).toMatchObject({ state: 'failed', outcome: { error: { code } } })
  expect((await stepsOf(operation)).map(({ name }) => name)).not.toContain('stop')
  expect((await running()).State).toMatchObject({ Running: true, StartedAt: since })
  const { containers } = await objectsOf(bench.settings.instance)
  expect(containers).toHaveLength(1)
}

const startedAt = async () => (await running()).State.StartedAt

test('an image that runs as root may give files away and step down; nothing else', async () => {
  const dockerfile = `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
RUN echo 'chown -R node /data && exec setpriv --reuid=node --regid=node --clear-groups "$@"' > /entry.sh
ENTRYPOINT ["sh", "/entry.sh"]
CMD ["node", "bot.js"]
`
  const manifest = 'run: { volumes: [/data] }\n'
  const operation = await deploy('root', { dockerfile, manifest, behaviour: { writes: '/data/state.json' } })
  expect(operation.outcome?.error).toBeUndefined()
  expect(operation.state).toBe('succeeded')
  expect(await inside('stat', '-c', '%U', '/data/state.json')).toBe('node')
  expect((await running()).HostConfig.CapAdd).not.toContain('CAP_SYS_ADMIN')
  expect(await inside('sh', '-c', 'grep CapBnd /proc/self/status')).toMatch(/00000000000004eb$/)
})

test('an image that runs as somebody else has no capability at all', async () => {
  const dockerfile = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nUSER node\nCMD ["node", "bot.js"]\n'
  expect((await deploy('node', { dockerfile })).state).toBe('succeeded')
  expect(await inside('sh', '-c', 'grep CapBnd /proc/self/status')).toMatch(/0000000000000000$/)
})

test('.env is put into a directory that only WORKDIR makes, without a passwd and with a linked one', async () => {
  const scratch = `FROM node:24-bookworm-slim AS files
FROM scratch
COPY --from=files /lib/ /lib/
COPY --from=files /lib64/ /lib64/
COPY --from=files /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /usr/lib/x86_64-linux-gnu/
COPY --from=files /usr/local/bin/node /node
COPY bot.js package.json /code/
WORKDIR /not/there/yet
USER 4321:4321
CMD ["/node", "/code/bot.js"]
`
  const operation = await deploy('scratch', { dockerfile: scratch })
  expect(operation.outcome?.error).toBeUndefined()
  const script =
    "const { statSync } = require('fs'); const { uid, mode } = statSync('.env'); console.log(uid, mode & 511)"
  expect(await inside('/node', '-e', script)).toBe(`4321 ${0o400}`)

  const linked = `FROM node:24-bookworm-slim
RUN useradd --uid 1234 worker && mv /etc/passwd /usr/passwd && ln -s ../usr/passwd /etc/passwd
WORKDIR /app
COPY . .
USER worker
CMD ["node", "bot.js"]
`
  expect((await deploy('linked', { dockerfile: linked })).state).toBe('succeeded')
  expect(await inside('stat', '-c', '%u %a', '/app/.env')).toBe('1234 400')
})

test('.env is not put into a volume, and that is said', async () => {
  const dockerfile = 'FROM node:24-bookworm-slim\nCOPY . /app\nWORKDIR /data\nCMD ["node", "/app/bot.js"]\n'
  const operation = await deploy('volume', { dockerfile, manifest: 'run: { volumes: [/data] }\n' })
  expect(operation.state).toBe('succeeded')
  expect(await inside('sh', '-c', 'ls -A /data | grep -c env || true')).toBe('0')
  const prepared = (await stepsOf(operation)).find(({ name }) => name === 'prepare')
  expect(prepared?.detail).toBe('no .env: the working directory /data is in a volume')
})

test('what can be known to fail is refused while the old version runs', async () => {
  const since = await startedAt()
  const unknown = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nUSER nobody-knows\nCMD ["node", "bot.js"]\n'
  await expectUntouched(await deploy('user', { dockerfile: unknown }), { code: 'unknown_user', since })

  const network = await deploy('network', { manifest: 'run: { networks: [no-such-network] }\n' })
  await expectUntouched(network, { code: 'unknown_network', since })
  expect(network.outcome?.error?.message).toBe('There is no Docker network named no-such-network')

  const { files } = bench.engine
  const full = { ...bench.engine, files: { ...files, availableMemory: async () => 90 * 1024 * 1024 } }
  await expectUntouched(await deploy('memory', { engine: full }), { code: 'no_memory', since })

  const taken = createServer().listen(0, '0.0.0.0')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const inUse = await deploy('taken', { manifest: `run: { ports: ["${port}:80"] }\n` })
  await expectUntouched(inUse, { code: 'port_taken', since })
  expect(inUse.outcome?.error?.message).toBe(`Port ${port} of the host is taken by something else`)

  taken.close()
  await once(taken, 'close')
  const free = await deploy('free', { manifest: `run: { ports: ["${port}:80"] }\n` })
  expect(free.state).toBe('succeeded')
  const again = await deploy('again', { manifest: `run: { ports: ["127.0.0.1:${port}:8080"] }\n` })
  expect(again.state).toBe('succeeded')
  expect((await running()).HostConfig.PortBindings).toEqual({
    '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }],
  })
})
