import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { daemonPart } from '../../../../deploy-engine/io/docker/daemon.ts'

let directory: string
let server: Server
const sockets = new Set<Socket>()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-daemon-'))
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  server?.close()
  await rm(directory, { recursive: true, force: true })
})

/** A daemon that answers every request so; with '' it hangs. */
const listen = async (answer: string) => {
  const socketPath = join(directory, 'docker.sock')
  server = createServer((socket) => {
    sockets.add(socket)
    if (answer !== '') socket.once('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return daemonPart(new Docker({ socketPath }))
}

test('a daemon that hangs is given up when the signal says so', async () => {
  const { ping } = await listen('')
  await expect(ping(AbortSignal.timeout(200))).rejects.toThrow()
  await expect(ping(AbortSignal.abort())).rejects.toThrow()
})

test('one that is ill or away does not answer', async () => {
  const { ping } = await listen('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno')
  await expect(ping(AbortSignal.timeout(2_000))).rejects.toThrow()
  server.close()
  await expect(
    daemonPart(new Docker({ socketPath: join(directory, 'none') })).ping(AbortSignal.timeout(2_000)),
  ).rejects.toThrow()
})
