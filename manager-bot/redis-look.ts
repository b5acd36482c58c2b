import { join } from 'node:path'
import type { HostLook } from '../deploy-engine/index.ts'
import { ping, type RedisConfig } from './redis.ts'

const ANSWER_MS = 5_000

/** Whether Redis answers, for the watch over the host. */
export const redisLook = (config: RedisConfig): HostLook => ({
  condition: 'redis',
  look: async (signal) => {
    const answer = await ping(config, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
    if (answer === 'up') return { state: 'good', found: 'Redis answers again' }
    const found = `Redis does not answer (${answer}): what is asked for is written down, and done when it does`
    const log = join(config.dataDir, 'redis', 'redis.log')
    const own = `The manager starts it again by itself; if it does not succeed, see ${log}`
    return { state: 'bad', found, hint: config.redisUrl === undefined ? own : 'Start it again where REDIS_URL says' }
  },
})
