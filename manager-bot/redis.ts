import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis, type RedisOptions } from 'ioredis'
import { type Log, messageOf, TbsError } from '../deploy-engine/index.ts'
import type { Config } from './config.ts'
import { socketPath } from './socket-path.ts'

export type RedisConfig = Pick<Config, 'redisUrl' | 'dataDir' | 'instance' | 'searchPath'>

export type PrivateRedis = { close(): Promise<void> }

const START_MS = 10_000

/** A connection; the caller attaches what it needs and closes it. */
export const connectRedis = (config: RedisConfig, options: RedisOptions): Redis => {
  const redis =
    config.redisUrl === undefined
      ? new Redis({ path: socketPath('redis.sock', config), ...options })
      : new Redis(config.redisUrl, options)
  // Without a listener ioredis prints each failed attempt; whoever waits for an answer gets the error anyway.
  redis.on('error', () => {})
  return redis
}

/**
 * Sees to it that Redis answers. With REDIS_URL that is all. Otherwise a private redis-server lives on a socket in the
 * data directory: adopted if it answers (a killed manager leaves it behind), else started, started again if it ends,
 * and shut down on close. Fails with `redis_unreachable` or `redis_missing`.
 */
export const openRedis = async (config: RedisConfig, log: Log): Promise<PrivateRedis> => {
  if (config.redisUrl !== undefined) {
    await reachable(config)
    return { close: async () => {} }
  }
  await ensureServer(config, log)
  const watch = connectRedis(config, { maxRetriesPerRequest: 1, retryStrategy: () => 500 })
  let closing = false
  let starting: Promise<void> | undefined
  watch.on('close', () => {
    if (closing || starting) return
    log.warn({}, 'redis-server is gone, starting it again')
    starting = ensureServer(config, log)
      .catch((err) => log.error({ err }, 'redis-server does not start'))
      .finally(() => {
        starting = undefined
      })
  })
  return {
    close: async () => {
      closing = true
      watch.disconnect()
      await starting
      await shutDown(config)
    },
  }
}

const reachable = async (config: RedisConfig): Promise<void> => {
  const answer = await ping(config)
  if (answer === 'up') return
  throw new TbsError('redis_unreachable', `Redis does not answer at REDIS_URL: ${answer}`, {
    hint: 'Start it, or unset REDIS_URL to have a private one',
  })
}

const ensureServer = async (config: RedisConfig, log: Log): Promise<void> => {
  if ((await ping(config)) === 'up') {
    log.info({}, 'adopted the redis-server of this data directory')
    return
  }
  const directory = join(config.dataDir, 'redis')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const child = startServer(config, directory)
  await untilUp(config, child, directory)
  log.info({ pid: child.pid }, 'started redis-server')
}

const startServer = (config: RedisConfig, directory: string): ChildProcess => {
  const settings = {
    port: '0',
    unixsocket: socketPath('redis.sock', config),
    unixsocketperm: '700',
    dir: directory,
    logfile: join(directory, 'redis.log'),
    appendonly: 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  // A process group of its own: Ctrl-C reaches the manager alone, which then stops Redis in its turn.
  const env = { PATH: config.searchPath }
  const child = spawn('redis-server', args, { detached: true, stdio: 'ignore', env })
  child.unref()
  return child
}

const untilUp = async (config: RedisConfig, child: ChildProcess, directory: string): Promise<void> => {
  let failure: unknown
  child.once('error', (error) => {
    failure = error
  })
  const deadline = AbortSignal.timeout(START_MS)
  while (!deadline.aborted) {
    if ((await ping(config)) === 'up') return
    if (failure !== undefined) throw missing(failure)
    if (child.exitCode !== null) break
    await sleep(20)
  }
  const tail = (await readFile(join(directory, 'redis.log'), 'utf8').catch(() => '')).trimEnd().split('\n').at(-1)
  throw new TbsError('redis_unreachable', `redis-server does not start: ${tail || 'it said nothing'}`, {
    hint: `See ${join(directory, 'redis.log')}`,
  })
}

const missing = (cause: unknown): TbsError =>
  new TbsError('redis_missing', `redis-server can't be run: ${messageOf(cause)}`, {
    hint: 'Install it (apt-get install redis-server), or set REDIS_URL',
    cause,
  })

/**
 * 'up', or why not. A server that is loading its data answers with an error and is not up yet; one that hangs takes
 * connections and says nothing until the signal aborts.
 */
export const ping = async (config: RedisConfig, signal?: AbortSignal): Promise<string> => {
  const redis = connectRedis(config, { ...ONCE, lazyConnect: true })
  // What fails says only that the connection is closed; why comes as an event.
  let why: unknown
  redis.on('error', (error) => {
    why = error
  })
  const giveUp = () => redis.disconnect()
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    await redis.connect()
    await redis.ping()
    return 'up'
  } catch (error) {
    return signal?.aborted ? 'it hangs' : messageOf(why ?? error)
  } finally {
    redis.disconnect()
  }
}

const shutDown = async (config: RedisConfig): Promise<void> => {
  const redis = connectRedis(config, { ...ONCE, lazyConnect: true })
  const gone = new Promise<void>((resolve) => redis.once('end', () => resolve()))
  try {
    await redis.connect()
    await Promise.race([redis.shutdown().catch(() => {}), gone])
    await Promise.race([gone, sleep(2000, undefined, { ref: false })])
  } catch {
    // It does not answer, so there is nothing left to stop.
  } finally {
    // On a connection that has ended it would leave a timer of 2 s running, and the process with it.
    if (redis.status !== 'end') redis.disconnect()
  }
}

const ONCE = { maxRetriesPerRequest: 0, retryStrategy: () => null, connectTimeout: 2000 } satisfies RedisOptions
