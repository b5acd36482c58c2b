import { talkativeBench } from '../test/helpers/talkative-bench.ts'
import { writingBot } from '../test/helpers/writing-bot.ts'

const MEGABYTES = 300
const ROUNDS = 5

/** For how long a bot is frozen while it is backed up, ms for 100 MB of data, and how long a backup takes in all. */
export const freezing = async (): Promise<{ frozen: number[]; whole: number[] }> => {
  const { bench, repo, operate, close } = await talkativeBench('bench-bot')
  try {
    await repo.commit('main', writingBot({ says: 'one' }, MEGABYTES))
    const { outcome } = await operate({ kind: 'deploy', args: { ref: 'main' } })
    if (outcome?.error) throw new Error(outcome.error.message)
    const frozen: number[] = []
    const whole: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const begun = bench.engine.clock.elapsed()
      const made = await operate({ kind: 'backup', args: {} })
      whole.push(bench.engine.clock.elapsed() - begun)
      frozen.push(((made.outcome?.backup?.pausedMs ?? Number.NaN) / MEGABYTES) * 100)
    }
    return { frozen, whole }
  } finally {
    await close()
  }
}
