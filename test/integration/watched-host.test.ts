import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { installationBench } from '../manager-bot/installation-bench.ts'

const run = promisify(execFile)

test('a manager on a small disk says so once, and calls its heartbeat URL; its log does not name it', async () => {
  const bench = await installationBench()
  await mkdir(bench.dataDir)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', bench.dataDir])
  onTestFinished(async () => {
    await run('umount', ['--lazy', bench.dataDir])
    await bench.close()
  })
  const calls: (string | undefined)[] = []
  const server = createServer((request, response) => {
    calls.push(request.url)
    response.end()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  bench.environment.TBS_HEARTBEAT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/5e0a-secret`
  const manager = await bench.serve()
  // Before its data is gone, so that it finds its Redis.
  onTestFinished(async () => {
    manager.process.kill('SIGTERM')
    await manager.ended
  })
  await eventually(() => expect(calls).toEqual(['/5e0a-secret']))

  const entries = () =>
    manager
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const told = () => entries().filter(({ condition }) => condition === 'disk')
  await vi.waitFor(() => expect(told()).toHaveLength(1), { timeout: 50_000, interval: 500 })
  const found = `Only 2\\d\\d MB of 300 MB are free on the disk of ${bench.dataDir}`
  expect(told()[0]).toMatchObject({ level: 40, incident: 1, msg: expect.stringMatching(new RegExp(`^${found}$`)) })
  expect(manager.out()).not.toContain('5e0a-secret')
})
