import { rename, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { z } from 'zod'
import { type ManagerFacts, TbsError } from '../deploy-engine/index.ts'
import type { Config } from './config.ts'
import { socketPath } from './socket-path.ts'

type Place = Pick<Config, 'dataDir' | 'instance'>

/**
 * Holds a data directory for one manager by listening on a socket in it: the kernel lets go when the process dies,
 * however it dies. Whoever connects is told what `tell` gives. Gives the function that lets go. Fails with
 * `manager_running`.
 */
export const lockDataDir = async (config: Place, tell: () => ManagerFacts): Promise<() => Promise<void>> => {
  const path = socketPath(SOCKET, config)
  const server = (await listen(path, tell)) ?? (await listenInstead(path, tell))
  if (!server) {
    throw new TbsError('manager_running', `Another manager runs on ${config.dataDir}`, {
      hint: 'Stop it first, or give this one its own TBS_DATA_DIR and TBS_INSTANCE',
    })
  }
  return () => new Promise((resolve) => server.close(() => resolve()))
}

/** What the manager of that data directory tells of itself; undefined: none runs. */
export const askWhoRuns = (config: Place, signal: AbortSignal): Promise<ManagerFacts | undefined> =>
  new Promise((resolve) => {
    const socket = connect(socketPath(SOCKET, config))
    const pieces: Buffer[] = []
    let connected = false
    // One that is too old says nothing.
    const end = () => resolve(connected ? (factsIn(Buffer.concat(pieces).toString()) ?? { polls: false }) : undefined)
    signal.addEventListener('abort', () => socket.destroy(), { once: true })
    socket.once('connect', () => {
      connected = true
    })
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    socket.once('error', end)
    socket.once('close', end)
  })

const SOCKET = 'manager.sock'

const factsIn = (text: string): ManagerFacts | undefined => {
  try {
    return Facts.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

const Facts = z.object({ version: z.string(), polls: z.boolean() })

const listen = (path: string, tell: () => ManagerFacts): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      // Whoever only looks whether somebody is there has hung up.
      socket.on('error', () => socket.destroy())
      socket.end(JSON.stringify(tell()))
    })
    server.unref()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(path, () => resolve(server))
  })

/** Takes the place of a socket that nobody listens on any more. */
const listenInstead = async (path: string, tell: () => ManagerFacts): Promise<Server | undefined> => {
  if (await isAlive(path)) return undefined
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(ignoreMissing)
  // Two that start together both saw the dead socket; what was moved may be the living one of the other.
  if (await isAlive(aside)) {
    await rename(aside, path)
    return undefined
  }
  await unlink(aside).catch(ignoreMissing)
  return listen(path, tell)
}

const isAlive = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}
