import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askWhoRuns, lockDataDir } from '../../manager-bot/lock.ts'
import { socketPath } from '../../manager-bot/socket-path.ts'

let dataDir: string
const config = () => ({ dataDir, instance: 'tbs-lock-test' })
const tell = () => ({ version: '1.2.3', polls: true })

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tbs-lock-'))
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

test('one manager per data directory, and the next one once it has let go', async () => {
  const letGo = await lockDataDir(config(), tell)
  await expect(lockDataDir(config(), tell)).rejects.toMatchObject({ code: 'manager_running' })
  await letGo()
  await (await lockDataDir(config(), tell))()
})

test('a killed manager blocks nobody', async () => {
  const path = socketPath('manager.sock', config())
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  await expect(lockDataDir(config(), tell)).rejects.toMatchObject({ code: 'manager_running' })
  other.kill('SIGKILL')
  await once(other, 'exit')
  await (await lockDataDir(config(), tell))()
})

test('of several that start at once after a kill, one gets it', async () => {
  const path = socketPath('manager.sock', config())
  const die = "process.kill(process.pid, 'SIGKILL')"
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => ${die})`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(config(), tell)))
  const got = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(got).toHaveLength(1)
  await got[0]?.()
})

test('whoever asks is told which version it is and whether it polls; of an old one only that it runs', async () => {
  const ask = () => askWhoRuns(config(), AbortSignal.timeout(5_000))
  expect(await ask()).toBeUndefined()
  const letGo = await lockDataDir(config(), tell)
  expect(await ask()).toEqual({ version: '1.2.3', polls: true })
  await letGo()
  expect(await ask()).toBeUndefined()
  const old = createServer((socket) => socket.destroy()).listen(socketPath('manager.sock', config()))
  await once(old, 'listening')
  expect(await ask()).toEqual({ polls: false })
  old.close()
})
