import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

type Fetch = Parameters<typeof getRequestListener>[0]
export type Listening = { port: number; close: () => Promise<void> }

type Place = { hosts: string[]; port: number }

const TRIES = 5

/** Serves on one port of every host. Port 0 takes a free one. Rejects with code EADDRINUSE when the port is taken. */
export const listen = async (fetch: Fetch, { hosts, port }: Place, tries = TRIES): Promise<Listening> => {
  try {
    return await listenOnce(fetch, { hosts, port })
  } catch (error) {
    // A port that was free on the first host may be taken on the next one.
    if (port !== 0 || tries <= 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return listen(fetch, { hosts, port }, tries - 1)
  }
}

const listenOnce = async (fetch: Fetch, { hosts, port }: Place): Promise<Listening> => {
  const servers: Server[] = []
  const close = () => Promise.all(servers.map(closeServer)).then(() => {})
  try {
    let chosen = port
    for (const host of hosts) {
      const server = newServer(fetch)
      servers.push(server)
      chosen = await bind(server, { host, port: chosen })
    }
    return { port: chosen, close }
  } catch (error) {
    await close()
    throw error
  }
}

const newServer = (fetch: Fetch) => {
  const server = createServer(getRequestListener(fetch, { overrideGlobalObjects: false }))
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
