import type { Redis } from 'ioredis'
import type { Check, HostPorts, Seen } from '../../deploy-engine/index.ts'
import type { Config } from '../config.ts'
import { isManagerRunning } from '../heartbeat.ts'
import { connectRedis, ping, type RedisConfig } from '../redis.ts'

/** Whether Redis answers, and keeps what it is told also over its own end. */
export const redisCheck = ({ clock }: Pick<HostPorts, 'clock'>, config: Config): Check => ({
  name: 'redis',
  look: async (signal) => {
    const answer = await ping(config, signal)
    if (answer !== 'up') return isAway(config, answer, await isManagerRunning(config.dataDir, clock.now()))
    return withRedis(config, signal, (redis) => lookAtSettings(redis, config))
  },
})

const isAway = ({ redisUrl }: RedisConfig, answer: string, isRunning: boolean): Seen => {
  if (redisUrl === undefined && !isRunning) {
    return { state: 'ok', found: 'Redis does not run: the manager starts it with itself' }
  }
  return {
    state: 'bad',
    found: `Redis does not answer: ${answer}`,
    consequence: 'What is asked for is written down, and done when it answers',
    fix: redisUrl === undefined ? 'See redis/redis.log in the data directory' : 'Start it again where REDIS_URL says',
  }
}

const WANTED = {
  appendonly: {
    value: 'yes',
    consequence: 'What is queued is lost when Redis ends; the manager queues it again at its start',
  },
  'maxmemory-policy': {
    value: 'noeviction',
    consequence: 'Redis may throw away what is queued when its memory is full',
  },
}

const lookAtSettings = async (redis: Redis, config: RedisConfig): Promise<Seen[]> => {
  const info = await redis.info('persistence')
  const seen: Seen[] = []
  for (const [name, { value, consequence }] of Object.entries(WANTED)) {
    const now = ((await redis.config('GET', name)) as string[])[1]
    if (now === value) continue
    seen.push({
      state: 'warn',
      about: name,
      found: `Redis has ${name} ${now ?? 'unset'} instead of ${value}`,
      consequence,
      fix: `Set ${name} to ${value} in the running Redis${config.redisUrl === undefined ? '' : TOO}`,
      mend: (signal) => withRedis(config, signal, async (again) => void (await again.config('SET', name, value))),
    })
  }
  const failed = WRITES.filter((write) => new RegExp(`^${write}:(?!ok)`, 'm').test(info))
  if (failed.length > 0) {
    seen.push({
      state: 'bad',
      about: 'writes',
      found: `Redis could not write its data the last time: ${failed.join(', ')}`,
      consequence: 'It refuses what is queued, or loses it with its end',
      fix: 'See the log of Redis; as a rule its disk is full',
    })
  }
  return seen.length > 0 ? seen : [{ state: 'ok', found: 'Redis answers and keeps its data on disk' }]
}

const TOO = '; put it into its redis.conf, too'

const WRITES = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status']

const withRedis = async <T>(
  config: RedisConfig,
  signal: AbortSignal,
  work: (redis: Redis) => Promise<T>,
): Promise<T> => {
  const redis = connectRedis(config, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true })
  const giveUp = () => redis.disconnect()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await redis.connect()
    return await work(redis)
  } finally {
    signal.removeEventListener('abort', giveUp)
    redis.disconnect()
  }
}
