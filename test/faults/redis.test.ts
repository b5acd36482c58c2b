import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../manager-bot/config.ts'
import { openQueue, startWorker } from '../../manager-bot/queue.ts'
import { connectRedis } from '../../manager-bot/redis.ts'
import { addDeployedBot, type DeployedBot } from '../helpers/deployed-bot.ts'
import { quietLog } from '../helpers/engine.ts'
import { type Installation, installation } from '../helpers/installation.ts'
import { change, databaseShows, journalSays, lastStep, rows } from '../helpers/journal.ts'
import { load } from '../helpers/load.ts'

// faults.md, row 16: Redis stopped, restarted empty, emptied, or silent. The bot is under load all the time.

const VISITOR = { id: 2002, name: 'Vera' }
const DOWN = /Queueing is down: Redis can’t be reached/

let here: Installation
let my: DeployedBot
/** While this file exists, no redis-server can be started. */
let broken: string

beforeAll(async () => {
  here = await installation()
  const programs = join(here.directory, 'bin')
  broken = join(here.directory, 'broken')
  await mkdir(programs)
  const script = `#!/bin/sh\n[ -e '${broken}' ] && exit 1\nPATH=/usr/bin:/usr/local/bin exec redis-server "$@"\n`
  await writeFile(join(programs, 'redis-server'), script)
  await chmod(join(programs, 'redis-server'), 0o755)
  here.env.PATH = `${programs}:${here.env.PATH}`
  await here.start()
  my = await addDeployedBot(here, 'my-bot')
})

afterAll(() => here.close())

test('Redis dies and is started again by the manager, with nobody’s help', async () => {
  const manager = here.pid()
  const before = await redisPid()
  process.kill(before, 'SIGKILL')
  await until(async () => (await redisPid()) !== before)
  await deploysUnderLoad('after a death')
  expect(here.pid()).toBe(manager)
  expect(isAlive(manager)).toBe(true)
})

test('Redis is away and comes back empty: that is said at once, and what was asked for runs afterwards', async () => {
  await my.branch('next', { says: 'empty' })
  await writeFile(broken, '')
  process.kill(await redisPid(), 'SIGKILL')
  await until(async () => (await redisPid()) === 0)
  await rm(join(here.dataDir, 'redis'), { recursive: true })
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const asked = here.say('/deploy my-bot next')
  const down = await here.reads(DOWN, { after: asked, timeout: 3_000 })
  expect(down.text).toMatch(/#\d+ is written down and runs as soon as Redis is back/)
  await here.reads(/^Deploying my-bot at next.*Queued\./s, { after: asked })
  await here.reads(/my-bot — live/, { after: here.say('/status my-bot'), timeout: 3_000 })
  expect(await newest()).toMatchObject({ state: 'queued', steps: [] })

  await rm(broken)
  await here.reads(/^Deployed my-bot at next.*is live/s, { after: asked, timeout: 120_000 })
  await expectRunOnce(visitor)
  expect(await my.ask('who')).toBe('empty')
})

test('Redis is silent: a running deploy goes on; what is asked for now is told so and runs afterwards', async () => {
  await my.branch('next', { says: 'silent' })
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const steps = await lastStep(here.dataDir)
  const running = here.say('/deploy my-bot next')
  await journalSays(here.dataDir, { name: 'fetch', state: 'started' }, steps)
  const redis = await redisPid()
  process.kill(redis, 'SIGSTOP')
  try {
    await here.reads(/^Deployed my-bot at next.*is live/s, { after: running, timeout: 120_000 })
    const asked = await here.confirmed('/rollback my-bot')
    await here.reads(DOWN, { after: asked, timeout: 5_000 })
    const { id, state } = await newest()
    expect(state).toBe('queued')
    process.kill(redis, 'SIGCONT')
    await databaseShows(here.dataDir, { query: ENDED, values: [id], what: 'the rollback ends' })
    await here.reads(/^Rolled back my-bot.*is live/s, { after: asked })
  } finally {
    process.kill(redis, 'SIGCONT')
  }
  await expectRunOnce(visitor)
})

test('a cancel reaches a running deploy at its next step while Redis is silent', async () => {
  const slow = 'FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nRUN sleep 4\nCMD ["node", "bot.js"]\n'
  await my.branch('next', { says: 'never' }, { Dockerfile: slow })
  const steps = await lastStep(here.dataDir)
  const asked = here.say('/deploy my-bot next')
  // The chat may be too full to show it at once.
  await journalSays(here.dataDir, { name: 'build', state: 'started' }, steps)
  const redis = await redisPid()
  process.kill(redis, 'SIGSTOP')
  try {
    const cancelled = here.say('/cancel my-bot')
    await here.reads(/Queueing is down.*stops at its next step/, { after: cancelled, timeout: 5_000 })
    await here.reads(/Cancelled\. v\d+ runs on, untouched/, { after: asked, timeout: 20_000 })
  } finally {
    process.kill(redis, 'SIGCONT')
  }
})

test('Redis is emptied while operations are queued: they run, in their order', async () => {
  await my.branch('next', { says: 'flushed' })
  await my.branch('crashes', { says: 'never', crash: 2_000 })
  const steps = await lastStep(here.dataDir)
  const first = here.say('/deploy my-bot crashes')
  await journalSays(here.dataDir, { name: 'gate', state: 'started' }, steps)
  const queued = here.say('/deploy my-bot next')
  await here.reads(/Queued; one operation first/, { after: queued })
  await withRedis((redis) => redis.flushall())
  await here.whileTalkingTo(my.bot, here.reads(/^Deployed my-bot at next.*is live/s, { after: queued }))
  await here.reads(/^Deploy of my-bot at crashes failed/, { after: first })

  const statement = `INSERT INTO operations (bot_id, kind, args, requested_by, state, created_at)
    SELECT id, 'deploy', '{"ref":"next"}', 'telegram:1001', 'queued', ? FROM bots WHERE name = 'my-bot'`
  await change(here.dataDir, statement, [Date.now()])
  const { id } = await newest()
  const visitor = load(here.sandbox, my.bot, VISITOR)
  await databaseShows(here.dataDir, { query: ENDED, values: [id], what: 'an operation without a job ends' })
  await expectRunOnce(visitor)
  expect(await my.ask('who now')).toBe('flushed')
})

test('a manager that hangs longer than its job may be silent does nothing twice', { timeout: 120_000 }, async () => {
  await my.branch('next', { says: 'stalled' })
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const steps = await lastStep(here.dataDir)
  const asked = here.say('/deploy my-bot next')
  await journalSays(here.dataDir, { name: 'build', state: 'started' }, steps)
  process.kill(here.pid(), 'SIGSTOP')
  await sleep(11_000)
  process.kill(here.pid(), 'SIGCONT')
  await here.reads(/^Deployed my-bot at next.*is live/s, { after: asked, timeout: 120_000 })
  // Long enough for the job to be found stalled, and looked at again.
  await sleep(6_000)
  await expectRunOnce(visitor)
  expect(await my.ask('who after that')).toBe('stalled')
})

test('the job of a worker that died is taken over by another one', async () => {
  const config = { ...readConfig(here.env), instance: `${here.instance}-other` }
  let took = () => {}
  const taken = new Promise<void>((resolve) => {
    took = resolve
  })
  const dying = startWorker(config, { log: quietLog, look: () => new Promise(() => took()) })
  const queue = await openQueue(config, { log: quietLog })
  await queue.add(7)
  await taken
  await dying.close(0)
  const seen: number[] = []
  const other = startWorker(config, { log: quietLog, look: async (id) => void seen.push(id) })
  await until(async () => seen.length > 0, 25_000)
  expect(seen).toEqual([7])
  await other.close(0)
  await queue.close()
})

const ENDED = "SELECT id FROM operations WHERE id = ? AND state = 'succeeded'"

const deploysUnderLoad = async (says: string): Promise<void> => {
  await my.branch('next', { says })
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const asked = here.say('/deploy my-bot next')
  await here.reads(/^Deployed my-bot at next.*is live/s, { after: asked, timeout: 120_000 })
  await expectRunOnce(visitor)
  expect(await my.ask('who')).toBe(says)
}

/** The newest operation succeeded, each of its steps was done once, and the visitor missed nothing. */
const expectRunOnce = async (visitor: ReturnType<typeof load>): Promise<void> => {
  expect(await visitor.stop()).toMatchObject({ lost: 0, repeated: 0, conflicts: 0 })
  const { state, steps } = await newest()
  expect(state).toBe('succeeded')
  expect(steps).toEqual([...new Set(steps)])
  expect(steps).toContain('record')
}

const newest = async (): Promise<{ id: number; state: string; steps: string[] }> => {
  const query = 'SELECT id, state FROM operations ORDER BY id DESC LIMIT 1'
  const [operation] = await rows<{ id: number; state: string }>(here.dataDir, query)
  if (!operation) throw new Error('there is no operation')
  const steps = await rows<{ name: string }>(here.dataDir, 'SELECT name FROM steps WHERE operation_id = ?', [
    operation.id,
  ])
  return { ...operation, steps: steps.map(({ name }) => name) }
}

/** 0 when none answers. */
const redisPid = async (): Promise<number> => {
  try {
    return await withRedis(async (redis) => Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]))
  } catch {
    return 0
  }
}

const withRedis = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = connectRedis(readConfig(here.env), { lazyConnect: true, retryStrategy: () => null })
  try {
    await redis.connect()
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const until = async (look: () => Promise<boolean>, timeout = 15_000): Promise<void> => {
  for (const end = Date.now() + timeout; !(await look()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${look}`)
  }
}
