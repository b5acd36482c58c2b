import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openDocker } from '../../../../deploy-engine/io/docker/open-docker.ts'
import { eventually } from '../../../helpers/eventually.ts'

let directory: string
let server: Server
let connections: number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-open-docker-'))
  connections = 0
  server = createServer((_, response) => response.end('OK')).on('connection', () => connections++)
  server.listen(join(directory, 'docker.sock'))
  await once(server, 'listening')
  vi.stubEnv('DOCKER_HOST', `unix://${directory}/docker.sock`)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true, force: true })
})

test('a connection is kept for the next question, and another one opened after Docker has closed it', async () => {
  const docker = openDocker()
  await docker.ping()
  await docker.ping()
  expect(connections).toBe(1)
  server.closeAllConnections()
  await eventually(() => docker.ping())
  expect(connections).toBe(2)
})

test('kept connections are not printed with each request', async () => {
  const docker = openDocker()
  await docker.ping()
  expect(inspect(docker.modem, { showHidden: true, depth: null }).length).toBeLessThan(2_000)
})

test('a Docker elsewhere has the connections of its own protocol', () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2376')
  expect(openDocker().modem).not.toHaveProperty('agent.keepAlive')
})
