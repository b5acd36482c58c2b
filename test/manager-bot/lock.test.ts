import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataDir } from '../../manager-bot/lock.ts'
import { socketPath } from '../../manager-bot/socket-path.ts'

let dataDir: string
const config = () => ({ dataDir, instance: 'tbs-lock-test' })

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tbs-lock-'))
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

test('one manager per data directory, and the next one once it has let go', async () => {
  const letGo = await lockDataDir(config())
  await expect(lockDataDir(config())).rejects.toMatchObject({ code: 'already_running' })
  await letGo()
  await (await lockDataDir(config()))()
})

test('a killed manager blocks nobody', async () => {
  const path = socketPath('manager.sock', config())
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  await expect(lockDataDir(config())).rejects.toMatchObject({ code: 'already_running' })
  other.kill('SIGKILL')
  await once(other, 'exit')
  await (await lockDataDir(config()))()
})

test('of several that start at once after a kill, one gets it', async () => {
  const path = socketPath('manager.sock', config())
  const die = "process.kill(process.pid, 'SIGKILL')"
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => ${die})`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(config())))
  const got = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(got).toHaveLength(1)
  await got[0]?.()
})
