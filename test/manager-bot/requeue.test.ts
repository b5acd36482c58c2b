import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEngine, requestOperation } from '../../deploy-engine/index.ts'
import { type Config, engineSettings, readConfig } from '../../manager-bot/config.ts'
import { openQueue, startWorker } from '../../manager-bot/queue.ts'
import { connectRedis, openRedis } from '../../manager-bot/redis.ts'
import { persistentQueue } from '../../manager-bot/requeue.ts'
import { quietLog } from '../helpers/engine.ts'
import { eventually } from '../helpers/eventually.ts'

let directory: string
let config: Config
const closers: Array<() => Promise<unknown>> = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-requeue-'))
  config = readConfig({ PATH: process.env.PATH, TBS_DATA_DIR: join(directory, 'data'), TBS_INSTANCE: 'tbs-requeue' })
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(directory, { recursive: true, force: true })
})

test('Redis comes back empty: what is queued in the database is queued again, and what was refused too', async () => {
  const { engine, close } = await openEngine(engineSettings(config), { log: quietLog })
  closers.push(close)
  const bot = { name: 'echo-bot', repo: 'file:///r', branch: null, tokenEnv: null, telegramId: 7, username: 'e' }
  await engine.database.read.insert('bot', { ...bot, lastRelease: 0, createdAt: 0 })
  const request = { bot: 'echo-bot', args: {}, requestedBy: 'test' }
  const { operation: forgotten } = await requestOperation(engine, { ...request, kind: 'prune' })
  const { operation: refused } = await requestOperation(engine, { ...request, kind: 'prune' })

  const first = await openRedis(config, quietLog)
  const open = (onReconnect: () => void) => openQueue(config, { log: quietLog, onReconnect })
  const queue = await persistentQueue(engine, { open, log: quietLog })
  closers.push(queue.close)
  expect(await queue.add(forgotten.id)).toBe(true)

  const admin = connectRedis(config, {})
  await admin.flushall()
  admin.disconnect()
  await first.close()
  expect(await queue.add(refused.id)).toBe(false)

  closers.push((await openRedis(config, quietLog)).close)
  const seen = new Set<number>()
  const worker = startWorker(config, { log: quietLog, look: async (id) => void seen.add(id) })
  closers.push(() => worker.close(0))
  await eventually(() => expect([...seen].sort()).toEqual([forgotten.id, refused.id]))
})
