import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstallBench, installBench, OWNER } from '../helpers/install-bench.ts'
import { freshVps, type Vps } from '../helpers/vps.ts'

// docs/moving-a-server.md, from a server that still runs; from one that is gone: test/integration.

let bench: InstallBench
let before: Vps
let after: Vps

beforeAll(async () => {
  bench = await installBench()
  ;[before, after] = [await freshVps({ docker: true }), await freshVps({ docker: true })]
  for (const vps of [before, after]) await vps.allow('root', bench.publicKey)
}, 300_000)

afterAll(async () => {
  await before?.close()
  await after?.close()
  await bench?.close()
})

const there = async (vps: Vps, words: string[], input = '') => {
  const program = bench.begin(vps, words)
  program.child.stdin.end(input)
  return program.ended
}

const on = (vps: Vps, [verb = '', ...words]: string[], input?: string) =>
  there(vps, [verb, '--host', `root@${vps.address}`, ...words], input)

const OWNED = { args: ['--owner', String(OWNER)] }

test('people, settings and data are on the new server, and the bot answers there', { timeout: 900_000 }, async () => {
  const installed = await bench.install(before, OWNED)
  expect(installed.code, installed.output).toBe(0)
  const bot = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  const talking = setInterval(() => bench.sandbox.say(OWNER, 'echo_bot', 'hello'), 500)
  try {
    expect(await on(before, ['addbot', 'echo-bot', bench.repo, 'main'], `${bot.token}\n`)).toMatchObject({ code: 0 })
    expect(await on(before, ['deploy', 'echo-bot'])).toMatchObject({ code: 0, err: '' })
    const write = ['exec', 'echo-bot', '--', 'sh', '-c', 'echo kept > /app/data/kept']
    expect(await on(before, write)).toMatchObject({ code: 0 })

    expect(await on(before, ['stop', 'echo-bot'])).toMatchObject({ code: 0 })
    const taken = await there(before, ['uninstall', `root@${before.address}`, '--yes'])
    expect(taken, taken.err).toMatchObject({ code: 0 })
    await bringOver()
    const moved = await bench.install(after)
    expect(moved.code, moved.output).toBe(0)
    expect(moved.done?.recoveryKey).toBeUndefined()

    expect(await on(after, ['people'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`\\b${OWNER}\\b.*owner`)),
    })
    const restored = await on(after, ['restore', 'echo-bot'])
    expect(restored, restored.out).toMatchObject({ code: 0 })
    expect(await on(after, ['exec', 'echo-bot', '--', 'cat', '/app/data/kept'])).toMatchObject({ out: 'kept\n' })
    expect(await before.sh('docker ps --quiet')).toBe('')
  } finally {
    clearInterval(talking)
  }
})

/** What the guide does by ssh. */
const bringOver = async (): Promise<void> => {
  const pack = spawn('docker', ['exec', before.name, 'tar', '-C', '/', '-cz', 'etc/tbs/keys', 'var/lib/tbs'])
  const unpack = spawn('docker', ['exec', '-i', after.name, 'tar', '-C', '/', '-xz'])
  const ended = [once(pack, 'close'), once(unpack, 'close')]
  await pipeline(pack.stdout, unpack.stdin)
  expect(await Promise.all(ended)).toEqual([
    [0, null],
    [0, null],
  ])
}
