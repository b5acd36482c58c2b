import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openQueue, startWorker } from '../../manager-bot/queue.ts'
import { connectRedis, openRedis, type RedisConfig } from '../../manager-bot/redis.ts'
import { redisLook } from '../../manager-bot/redis-look.ts'
import { socketPath } from '../../manager-bot/socket-path.ts'
import { quietLog } from '../helpers/engine.ts'

let directory: string
let config: RedisConfig
const closers: Array<() => Promise<void>> = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-redis-'))
  config = { dataDir: directory, instance: 'tbs-redis-test', redisUrl: undefined, searchPath: process.env.PATH }
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(directory, { recursive: true, force: true })
})

const opened = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
  const thing = await opening
  closers.push(() => thing.close())
  return thing
}

/** Process id of the server that answers on the socket. */
const serverPid = async (of: RedisConfig = config): Promise<number> => {
  const redis = connectRedis(of, {})
  const info = await redis.info('server')
  redis.disconnect()
  return Number(/process_id:(\d+)/.exec(info)?.[1])
}

/** A process that opens Redis and is killed. */
const killedManager = async (): Promise<void> => {
  const module = new URL('../../manager-bot/redis.ts', import.meta.url)
  const log = '{ info() {}, warn() {}, error() {} }'
  const script = `import { openRedis } from '${module}'
    await openRedis(${JSON.stringify(config)}, ${log})
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
}

/** A zombie is dead: where nothing reaps orphans, that is all that becomes of them. */
const isAlive = (pid: number): boolean => {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : 'State:\tZ'
  return !/^State:\tZ/m.test(status)
}

const eventually = async (check: () => boolean | Promise<boolean>, ms = 5000): Promise<void> => {
  const end = Date.now() + ms
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${check}`)
    await sleep(20)
  }
}

describe('a private Redis', () => {
  test('is started on a socket of its owner alone, keeps its data on disk, and ends with its manager', async () => {
    const redis = await openRedis(config, quietLog)
    const socket = socketPath('redis.sock', config)
    expect((await stat(socket)).mode & 0o777).toBe(0o700)
    const client = connectRedis(config, {})
    expect(await client.config('GET', 'port')).toEqual(['port', '0'])
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes'])
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    await client.set('kept', 'yes')
    client.disconnect()
    const pid = await serverPid()
    await redis.close()
    await eventually(() => !isAlive(pid))

    const again = await opened(openRedis(config, quietLog))
    const reader = connectRedis(config, {})
    expect(await reader.get('kept')).toBe('yes')
    reader.disconnect()
    expect(again).toBeDefined()
  })

  test('that a killed manager left behind is adopted, and ends with the one that adopted it', async () => {
    await killedManager()
    const pid = await serverPid()
    const adopted = await openRedis(config, quietLog)
    expect(await serverPid()).toBe(pid)
    await adopted.close()
    await eventually(() => !isAlive(pid))
  })

  test('that dies is started again, and what is queued survives', async () => {
    await opened(openRedis(config, quietLog))
    const pid = await serverPid()
    let reconnected = 0
    const queue = await opened(openQueue(config, { log: quietLog, onReconnect: () => reconnected++ }))
    await queue.add(1)
    process.kill(pid, 'SIGKILL')
    await eventually(() => reconnected > 0, 8000)
    expect(await serverPid()).not.toBe(pid)
    const seen: number[] = []
    const worker = startWorker(config, { log: quietLog, look: async (id) => void seen.push(id) })
    closers.push(() => worker.close(0))
    await queue.add(2)
    await eventually(() => seen.length === 2)
    expect(seen).toEqual([1, 2])
  })

  test('whose socket path would be too long lives below the temporary directory', async () => {
    const dataDir = join(directory, 'd'.repeat(120))
    config = { ...config, dataDir }
    const socket = socketPath('redis.sock', config)
    expect(socket.startsWith(join(tmpdir(), 'tbs-redis-test-'))).toBe(true)
    await opened(openRedis(config, quietLog))
    expect(await serverPid()).toBeGreaterThan(0)
    expect((await stat(join(socket, '..'))).mode & 0o777).toBe(0o700)
    closers.unshift(() => rm(join(socket, '..'), { recursive: true, force: true }))
  })

  test('that is not installed is said, with what to do', async () => {
    await expect(openRedis({ ...config, searchPath: directory }, quietLog)).rejects.toMatchObject({
      code: 'redis_missing',
      hint: expect.stringContaining('apt-get install redis-server'),
    })
  })
})

test('the watch over the host hears whether it answers, and why not', async () => {
  const { condition, look } = redisLook(config)
  const never = new AbortController().signal
  expect(condition).toBe('redis')
  expect(await look(never)).toMatchObject({ state: 'bad', hint: expect.stringContaining('redis.log') })
  await opened(openRedis(config, quietLog))
  expect(await look(never)).toMatchObject({ state: 'good' })
  const pid = await serverPid()
  process.kill(pid, 'SIGSTOP')
  try {
    expect(await look(never)).toMatchObject({ state: 'bad', found: expect.stringContaining('it hangs') })
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  expect(await look(never)).toMatchObject({ state: 'good' })
  const elsewhere = { ...config, redisUrl: 'redis://:hunter2hunter2@127.0.0.1:1' }
  const away = await redisLook(elsewhere).look(never)
  expect(away).toMatchObject({ state: 'bad', hint: 'Start it again where REDIS_URL says' })
  expect(away.found).toContain('ECONNREFUSED')
  expect(away.found).not.toContain('hunter2')
})

test('a REDIS_URL that does not answer is said at once', async () => {
  const unreachable = { ...config, redisUrl: 'redis://127.0.0.1:1' }
  await expect(openRedis(unreachable, quietLog)).rejects.toMatchObject({ code: 'redis_unreachable' })
})

describe('the queue', () => {
  test('carries ids of two installations on one Redis without mixing them', async () => {
    await opened(openRedis(config, quietLog))
    const other = { ...config, instance: 'tbs-redis-other' }
    const seen: string[] = []
    for (const of of [config, other]) {
      const look = async (id: number) => void seen.push(`${of.instance} ${id}`)
      const worker = startWorker(of, { log: quietLog, look })
      closers.push(() => worker.close(0))
    }
    const mine = await opened(openQueue(config, { log: quietLog }))
    const theirs = await opened(openQueue(other, { log: quietLog }))
    await mine.add(7)
    await mine.add(7)
    await theirs.add(8)
    await eventually(() => seen.length === 3)
    expect(seen.sort()).toEqual(['tbs-redis-other 8', 'tbs-redis-test 7', 'tbs-redis-test 7'])
  })

  test('looks at many operations side by side', async () => {
    await opened(openRedis(config, quietLog))
    let inside = 0
    let most = 0
    let release = () => {}
    const all = new Promise<void>((resolve) => {
      release = resolve
    })
    const look = async () => {
      inside += 1
      most = Math.max(most, inside)
      if (inside === 40) release()
      await all
    }
    const worker = startWorker(config, { log: quietLog, look })
    closers.push(() => worker.close(0))
    const queue = await opened(openQueue(config, { log: quietLog }))
    for (let id = 1; id <= 40; id++) await queue.add(id)
    await eventually(() => most === 40)
  })

  test('says at once that Redis is down', async () => {
    const redis = await openRedis(config, quietLog)
    const queue = await opened(openQueue(config, { log: quietLog }))
    await redis.close()
    await sleep(50)
    const began = Date.now()
    await expect(queue.add(1)).rejects.toThrow()
    expect(Date.now() - began).toBeLessThan(500)
    await expect(openQueue(config, { log: quietLog, connectMs: 300 })).rejects.toThrow()
  })

  test('lets a running operation end within the grace period and leaves a longer one', async () => {
    await opened(openRedis(config, quietLog))
    const ended: number[] = []
    const look = async (id: number) => {
      await sleep(id)
      ended.push(id)
    }
    const worker = startWorker(config, { log: quietLog, look })
    const queue = await opened(openQueue(config, { log: quietLog }))
    await queue.add(300)
    await queue.add(3000)
    await sleep(150)
    const began = Date.now()
    await worker.close(800)
    expect(Date.now() - began).toBeLessThan(1500)
    expect(ended).toEqual([300])
  })
})
