import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

type Fetch = Parameters<typeof getRequestListener>[0]
export type Listening = { port: number; close: () => Promise<void> }

/** A server's certificate and its key, as PEM. */
export type Tls = { cert: string; key: string }
type Place = { hosts: string[]; port: number; tls?: Tls | undefined }

const TRIES = 5

/**
 * Serves on one port of every host, by HTTPS if a certificate is given. Port 0 takes a free one. Rejects with code
 * EADDRINUSE when the port is taken.
 */
export const listen = async (fetch: Fetch, place: Place, tries = TRIES): Promise<Listening> => {
  try {
    return await listenOnce(fetch, place)
  } catch (error) {
    // A port that was free on the first host may be taken on the next one.
    if (place.port !== 0 || tries <= 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return listen(fetch, place, tries - 1)
  }
}

const listenOnce = async (fetch: Fetch, { hosts, port, tls }: Place): Promise<Listening> => {
  const servers: Server[] = []
  const close = () => Promise.all(servers.map(closeServer)).then(() => {})
  try {
    let chosen = port
    for (const host of hosts) {
      const server = newServer(fetch, tls)
      servers.push(server)
      chosen = await bind(server, { host, port: chosen })
    }
    return { port: chosen, close }
  } catch (error) {
    await close()
    throw error
  }
}

const newServer = (fetch: Fetch, tls: Tls | undefined): Server => {
  const answer = getRequestListener(fetch, { overrideGlobalObjects: false })
  const server = tls ? createSecureServer(tls, answer) : createServer(answer)
  // The public front of Telegram keeps idle connections this long, and an open connection to the API root is evidence
  // that a bot is polling: with Node's 5 s a bot would look gone between two polls.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 80_000
  return server
}

const bind = (server: Server, { host, port }: { host: string; port: number }) =>
  new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

const closeServer = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
