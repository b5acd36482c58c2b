import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { type InstallationBench, installationBench, MANAGER, OWNER } from './installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

const pidOfRedis = (log: string): number => Number(/"pid":(\d+).*started redis-server/.exec(log)?.[1])

/** A zombie is dead: where nothing reaps orphans, that is all that becomes of them. */
const isAlive = (pid: number): boolean => {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : 'State:\tZ'
  return !/^State:\tZ/m.test(status)
}

test('starts on an empty directory, answers, and on SIGTERM ends within 3 s with all that is its own', async () => {
  const manager = await bench.serve()
  const redis = pidOfRedis(manager.out())
  expect(isAlive(redis)).toBe(true)
  await eventually(() => expect(existsSync(join(bench.dataDir, 'heartbeat'))).toBe(true))
  const began = Date.now()
  manager.process.kill('SIGTERM')
  const { code, out } = await manager.ended
  expect(code).toBe(0)
  expect(Date.now() - began).toBeLessThan(3000)
  await eventually(() => expect(isAlive(redis)).toBe(false))
  for (const left of ['heartbeat', 'manager.sock', 'redis.sock'])
    expect(existsSync(join(bench.dataDir, left))).toBe(false)
  expect(out).not.toContain(bench.manager.token)
  for (const entry of out.trim().split('\n')) expect(JSON.parse(entry)).toHaveProperty('msg')
})

test('a second manager on the same directory is refused, the first goes on', async () => {
  await bench.serve()
  const second = await bench.run(['serve'])
  expect(second.code).toBe(1)
  expect(second.err).toContain(`Another manager runs on ${bench.dataDir}`)
  expect(await bench.answer('/bots')).toContain('no bots yet')
})

test('after SIGKILL the next start adopts Redis and goes on where the chat was', async () => {
  const first = await bench.serve()
  const redis = pidOfRedis(first.out())
  first.process.kill('SIGKILL')
  await first.ended
  expect(isAlive(redis)).toBe(true)
  bench.sandbox.say(OWNER, MANAGER, '/bots')
  const second = await bench.serve()
  expect(second.out()).toContain('adopted the redis-server')
  // What was said in the moment of the kill may be said again before it.
  const answers = () =>
    bench.sandbox.conversation(MANAGER, OWNER).filter(({ from, text }) => from.is_bot && text.includes('no bots yet'))
  await bench.sandbox.waitFor(() => answers().length > 0, { what: 'the answer to /bots' })
  expect(answers()).toHaveLength(1)
  second.process.kill('SIGTERM')
  await second.ended
  await eventually(() => expect(isAlive(redis)).toBe(false))
})

test('an operation that waited while no manager ran is carried out at the next start', async () => {
  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  expect(await bench.run(['addbot', 'echo-bot', 'file:///nowhere'], token)).toMatchObject({ code: 0 })
  expect(await bench.run(['deploy', 'echo-bot'])).toMatchObject({ code: 3 })
  const manager = await bench.serve()
  await sleep(100)
  const status = async () => JSON.parse((await bench.run(['status', 'echo-bot', '--json'])).out)
  await eventually(async () => expect((await status()).operations).toEqual([]))
  const entries = manager
    .out()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const of = { operation: 1, bot: 'echo-bot', kind: 'deploy' }
  expect(entries).toContainEqual(expect.objectContaining({ ...of, msg: 'an operation begins' }))
  const ended = { ...of, msg: 'an operation has ended', state: 'failed', code: 'fetch_failed' }
  expect(entries).toContainEqual(expect.objectContaining(ended))
})

test('without a token it does not start, and says which variable it is', async () => {
  bench.environment.TBS_TOKEN = ''
  const { code, err } = await bench.run(['serve'])
  expect(code).toBe(1)
  expect(err).toContain('TBS_TOKEN is not set')
})
