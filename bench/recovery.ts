import tar from 'tar-stream'
import { botLabels, containerLabels } from '../deploy-engine/container/labels.ts'
import { addBot, type Engine, recover, Secret } from '../deploy-engine/index.ts'
import { docker } from '../test/helpers/docker.ts'
import { workbench } from '../test/helpers/engine.ts'

const PAST = 1_000
const STEPS = ['fetch', 'detect', 'build', 'prepare', 'stop', 'start', 'gate', 'record', 'prune']
const ROUNDS = 5
const BOTS = 100

/** How long settling takes at start with a thousand past operations and their journal. */
export const recovery = async (): Promise<number[]> => {
  const bench = await workbench()
  try {
    const { engine, sandbox } = bench
    const { token } = sandbox.addBot({ username: 'recovery_bench_bot' })
    const bot = await addBot(engine, { name: 'bench-bot', repo: 'file:///nowhere', token: new Secret(token) })
    for (let from = 0; from < PAST; from += 100) {
      await engine.database.transaction(async (entities) => {
        for (let count = from; count < from + 100; count++) {
          const past = { createdAt: count, startedAt: count, endedAt: count, revision: 20, cancelRequested: false }
          const rows = { botId: bot.id, kind: 'deploy', args: {}, requestedBy: 'telegram:1', state: 'succeeded' }
          const { identifiers } = await entities.insert('operation', { ...rows, ...past, outcome: { running: 1 } })
          const step = {
            operationId: identifiers[0]?.id,
            state: 'done',
            detail: 'as always',
            startedAt: count,
            endedAt: count,
          }
          await entities.insert(
            'step',
            STEPS.map((name) => ({ ...step, name })),
          )
        }
      })
    }
    return await timed(engine)
  } finally {
    await bench.close()
  }
}

/** How long it takes with a hundred bots, each with a version, none of which has anything to be settled. */
export const recoveryOfFleet = async (): Promise<number[]> => {
  const bench = await workbench()
  try {
    const { engine, sandbox } = bench
    for (let number = 1; number <= BOTS; number++) {
      const { token } = sandbox.addBot({ username: `fleet_${number}_bot` })
      const name = `bot-${number}`
      const { id: botId } = await addBot(engine, { name, repo: 'file:///nowhere', token: new Secret(token) })
      await addVersion(engine, { name, botId, at: number })
    }
    return await timed(engine)
  } finally {
    await bench.close()
  }
}

const timed = async (engine: Engine): Promise<number[]> => {
  const took: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    await recover(engine)
    took.push(performance.now() - begun)
  }
  return took
}

const addVersion = async (engine: Engine, { name, botId, at }: { name: string; botId: number; at: number }) => {
  const { instance } = engine.settings
  const image = `${instance}/${name}:v1`
  const imageId = await buildLabelled(image, botLabels(instance, name))
  await engine.database.transaction(async (entities) => {
    const operation = { botId, kind: 'deploy', args: {}, requestedBy: 'telegram:1', state: 'succeeded', revision: 20 }
    const times = { createdAt: at, startedAt: at, endedAt: at, cancelRequested: false, outcome: { running: 1 } }
    const { identifiers } = await entities.insert('operation', { ...operation, ...times })
    const operationId: number = identifiers[0]?.id
    const Labels = containerLabels(instance, { bot: name, release: 1, operation: operationId })
    const HostConfig = { RestartPolicy: { Name: 'unless-stopped' } }
    const container = await docker.createContainer({ Image: image, Labels, HostConfig })
    await container.start()
    const containerId = container.id
    const source = { sha: 'a'.repeat(40), ref: 'main', subject: 'as always', image, imageId }
    const state = { number: 1, state: 'active', proof: 'live', containerId, replaced: null, createdAt: at }
    const plan = { volumes: [], networks: [], ports: [], evidence: [], gate: { readySeconds: 60, stableSeconds: 1 } }
    await entities.insert('release', { botId, operationId, ...source, ...state, plan, env: null, activatedAt: at })
  })
}

const buildLabelled = async (image: string, labels: Record<string, string>): Promise<string> => {
  const pack = tar.pack()
  pack.entry({ name: 'Dockerfile' }, 'FROM node:24-bookworm-slim\nCMD ["sleep", "infinity"]\n')
  pack.finalize()
  const stream = await docker.buildImage(pack as unknown as NodeJS.ReadableStream, { t: image, labels })
  await new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve(0))),
  )
  return (await docker.getImage(image).inspect()).Id
}
