import type { Release } from '../../../deploy-engine/index.ts'
import type { ChatBench } from './chat-bench.ts'

/** Gives a bot this many releases, all of which worked; the newest is active, without a container. */
export const haveReleases = async ({ engine }: ChatBench, name: string, count: number): Promise<void> => {
  await engine.database.transaction(async (entities) => {
    const { id: botId } = await entities.findOneByOrFail<{ id: number; name: string }>('bot', { name })
    await entities.update('release', { botId }, { state: 'superseded' })
    const from = (await entities.countBy('release', { botId })) + 1
    for (let number = from; number < from + count; number++) {
      await entities.insert('release', release(botId, number, number === from + count - 1))
    }
  })
}

const release = (botId: number, number: number, active: boolean): Omit<Release, 'id'> => ({
  botId,
  number,
  sha: `${number}`.repeat(40).slice(0, 40),
  ref: 'main',
  subject: `Change ${number}`,
  image: `test:${number}`,
  imageId: `sha256:${number}`,
  plan: {
    kind: 'node',
    evidence: [],
    tokenEnv: 'BOT_TOKEN',
    env: {},
    volumes: ['/app/data'],
    networks: [],
    ports: [],
    memoryBytes: 1e8,
    cpus: 1,
    stopGraceSeconds: 1,
    gate: { readySeconds: 1, stableSeconds: 1 },
  },
  env: null,
  state: active ? 'active' : 'superseded',
  proof: 'live',
  containerId: null,
  replaced: null,
  operationId: 1,
  createdAt: 1,
  activatedAt: active ? 1 : null,
})
