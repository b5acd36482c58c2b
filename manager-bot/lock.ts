import { rename, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { TbsError } from '../deploy-engine/index.ts'
import type { Config } from './config.ts'
import { socketPath } from './socket-path.ts'

/**
 * Holds a data directory for one manager by listening on a socket in it: the kernel lets go when the process dies,
 * however it dies. Gives the function that lets go. Fails with `already_running`.
 */
export const lockDataDir = async (config: Pick<Config, 'dataDir' | 'instance'>): Promise<() => Promise<void>> => {
  const path = socketPath('manager.sock', config)
  const server = (await listen(path)) ?? (await listenInstead(path))
  if (!server) {
    throw new TbsError('already_running', `Another manager runs on ${config.dataDir}`, {
      hint: 'Stop it first, or give this one its own TBS_DATA_DIR and TBS_INSTANCE',
    })
  }
  return () => new Promise((resolve) => server.close(() => resolve()))
}

const listen = (path: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(path, () => resolve(server))
  })

/** Takes the place of a socket that nobody listens on any more. */
const listenInstead = async (path: string): Promise<Server | undefined> => {
  if (await isAlive(path)) return undefined
  const aside = `${path}.${process.pid}`
  await rename(path, aside).catch(ignoreMissing)
  // Two that start together both saw the dead socket; what was moved may be the living one of the other.
  if (await isAlive(aside)) {
    await rename(aside, path)
    return undefined
  }
  await unlink(aside).catch(ignoreMissing)
  return listen(path)
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
