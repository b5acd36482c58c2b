import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { LAUNCHER, SOURCES } from '../helpers/launcher.ts'
import { type InstallationBench, installationBench, MANAGER, OWNER } from '../manager-bot/installation-bench.ts'

// faults.md, row 24: the manager hangs. It ends within a bit more than a minute, and what runs it starts it again.

const SILENT_MS = 60_000
const AT_MOST_MS = 80_000

// Preloaded into the manager's process: a signal makes its event loop hang, or its disk. The latter as a dead disk does
// it: every thread that libuv has for files waits in the kernel, here for a writer of a named pipe.
const HANG = `
  import { open } from 'node:fs'
  process.on('SIGUSR2', () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })
  process.on('SIGHUP', () => { for (let i = 0; i < 8; i++) open(process.env.FIFO, 'r', () => {}) })
`

const hangable = async (launcher = LAUNCHER): Promise<InstallationBench> => {
  const bench = await installationBench({ launcher })
  onTestFinished(() => bench.close())
  const directory = join(bench.dataDir, '..')
  const fifo = join(directory, 'fifo')
  execFileSync('mkfifo', [fifo])
  writeFileSync(join(directory, 'hang.mjs'), HANG)
  bench.environment.FIFO = fifo
  bench.environment.NODE_OPTIONS = `--import ${join(directory, 'hang.mjs')}`
  return bench
}

const hang = async (bench: InstallationBench, signal: NodeJS.Signals) => {
  const manager = await bench.serve()
  const begun = performance.now()
  manager.process.kill(signal)
  await sleep(45_000)
  const health = await bench.run(['healthcheck'])
  const { out, err } = await manager.ended
  const tookMs = performance.now() - begun
  console.log(`${signal}: ended ${Math.round(tookMs)} ms after it began to hang`)
  expect(health).toMatchObject({ code: 1, err: expect.stringContaining('no manager has had a heartbeat') })
  expect(manager.process.signalCode).toBe('SIGKILL')
  expect(tookMs).toBeGreaterThan(SILENT_MS - 2_000)
  expect(tookMs).toBeLessThan(AT_MOST_MS)
  // As Docker does it, by the policy of its container.
  await bench.serve()
  bench.sandbox.say(OWNER, MANAGER, '/bots')
  const answered = () => bench.sandbox.conversation(MANAGER, OWNER).some(({ text }) => text.includes('no bots yet'))
  await bench.sandbox.waitFor(answered, { what: 'the answer to /bots' })
  return { out, err }
}

const LOOP_HANGS = 'tbs-manager: the event loop has not turned for 60 s, ending the process'

test.concurrent('its event loop hangs', async () => {
  expect((await hang(await hangable(SOURCES), 'SIGUSR2')).err).toContain(LOOP_HANGS)
})

test.concurrent('its event loop hangs, in the bundled program', async () => {
  expect((await hang(await hangable(LAUNCHER), 'SIGUSR2')).err).toContain(LOOP_HANGS)
})

test.concurrent('its disk hangs, and with it the database', async () => {
  const { out } = await hang(await hangable(), 'SIGHUP')
  const entries = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries.at(-1)).toMatchObject({ level: 50, part: 'database', msg: 'the manager hangs, ending the process' })
})

test.concurrent('Telegram alone is away: it runs on, and is well', async () => {
  const bench = await hangable()
  const manager = await bench.serve()
  const back = bench.sandbox.fail({ hang: true })
  await sleep(AT_MOST_MS)
  expect(manager.process.exitCode).toBeNull()
  expect(await bench.run(['healthcheck'])).toMatchObject({ code: 0 })
  back()
})
