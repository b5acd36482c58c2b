import { addBot, recover, Secret } from '../deploy-engine/index.ts'
import { workbench } from '../test/helpers/engine.ts'

const PAST = 1_000
const STEPS = ['fetch', 'detect', 'build', 'prepare', 'stop', 'start', 'gate', 'record', 'prune']
const ROUNDS = 5

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
    const took: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const begun = performance.now()
      await recover(engine)
      took.push(performance.now() - begun)
    }
    return took
  } finally {
    await bench.close()
  }
}
