import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

export type Ports = { page: number; api: number }

const FIRST: Ports = { page: 8700, api: 8701 }
const TRIES = 50

/** The ports of the last start while they are free, else the next free ones; the choice is written down. */
export const choosePorts = async (directory: string, apiHosts: readonly string[]): Promise<Ports> => {
  const file = join(directory, 'ports.json')
  const last = await lastPorts(file)
  const page = await firstFree(last.page, ['127.0.0.1'], [])
  const api = await firstFree(last.api, apiHosts, [page])
  await writeFile(file, JSON.stringify({ page, api }))
  return { page, api }
}

const lastPorts = async (file: string): Promise<Ports> => {
  try {
    const { page, api } = JSON.parse(await readFile(file, 'utf8'))
    return { page: Number(page) || FIRST.page, api: Number(api) || FIRST.api }
  } catch {
    // No file yet, or not ours any more: begin at the usual ports.
    return FIRST
  }
}

const firstFree = async (from: number, hosts: readonly string[], taken: readonly number[]): Promise<number> => {
  for (let port = from; port < from + TRIES; port++) {
    const free = await Promise.all(hosts.map((host) => isFree(host, port)))
    if (!taken.includes(port) && free.every(Boolean)) return port
  }
  throw new Error(`no free port between ${from} and ${from + TRIES}`)
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)))
  })
