import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http2'
import { Duplex } from 'node:stream'
import type Docker from 'dockerode'

const UNIMPLEMENTED = '12'

/**
 * The connection on which BuildKit asks its client questions; without one it fetches no image from a registry that
 * wants a token, not even an anonymous one. Every question is answered "not implemented", which means: anonymously.
 * dockerode has its own, which needs a .proto file at run time and stays open when a build is cancelled.
 */
export const openSession = async (docker: Docker): Promise<{ id: string; close(): void }> => {
  const id = randomUUID()
  const socket = await upgrade(docker, id)
  const server = createServer()
  server.on('stream', (stream) => {
    stream.on('error', () => {}) // The daemon may be gone by the time it is answered.
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNIMPLEMENTED }
    stream.respond(headers, { endStream: true })
  })
  server.emit('connection', socket)
  socket.on('error', () => {}) // Nothing depends on its end: the build has a connection of its own.
  return { id, close: () => socket.destroy() }
}

const upgrade = (docker: Docker, id: string): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const request = {
      method: 'POST',
      path: '/session',
      hijack: true,
      headers: { Upgrade: 'h2c', 'X-Docker-Expose-Session-Uuid': id, 'X-Docker-Expose-Session-Name': 'tbs-manager' },
      statusCodes: { 200: true, 500: 'server error' },
    }
    docker.modem.dial(request, (error, socket) => {
      if (socket instanceof Duplex) resolve(socket)
      else reject(error ?? new Error('Docker opened no session for the build'))
    })
  })
