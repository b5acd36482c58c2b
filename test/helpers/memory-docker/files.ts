import { dirname, relative } from 'node:path'
import { addAbortSignal, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { FilesPort } from '../../../deploy-engine/ports.ts'

const GIB = 1024 ** 3

export type MemoryFiles = FilesPort & {
  disk: { freeBytes: number; totalBytes: number }
  availableBytes: number
  /** Of the load. */
  average: number
  paths(): string[]
  /** Of paths, whether there is something or not. */
  states: Map<string, { mode: number; writtenAt: number }>
}

/** Files by their whole path. */
export const memoryFiles = (dataDir: string): MemoryFiles => {
  const texts = new Map<string, string>()
  let made = 0
  const below = (directory: string) => [...texts.keys()].filter((path) => path.startsWith(`${directory}/`)).sort()

  const memory: MemoryFiles = {
    disk: { freeBytes: 50 * GIB, totalBytes: 100 * GIB },
    availableBytes: 4 * GIB,
    average: 0.5,
    states: new Map(),
    paths: () => [...texts.keys()],
    stateOf: async (path) => memory.states.get(path),
    setMode: async (path, mode) => {
      const found = memory.states.get(path)
      if (!found) throw new Error(`ENOENT: ${path}`)
      memory.states.set(path, { ...found, mode })
    },
    temporary: async (name) => {
      const directory = `${dataDir}/tmp/${name}-${made++}`
      texts.set(`${directory}/.`, '')
      return directory
    },
    remove: async (path) => {
      for (const gone of [path, ...below(path)]) texts.delete(gone)
    },
    list: async (directory) =>
      below(directory).flatMap((path) => (path.endsWith('/.') ? [] : relative(directory, path))),
    readText: async (path) => texts.get(path),
    writeText: async (path, text) => void texts.set(path, text),
    appendText: async (path, text) => void texts.set(path, (texts.get(path) ?? '') + text),
    makeDirectory: async () => {},
    save: async (path, content, signal) => {
      const readable = content instanceof Readable ? content : Readable.from(content)
      const bytes = await buffer(addAbortSignal(signal, readable))
      texts.set(path, bytes.toString('latin1'))
      return bytes.length
    },
    names: async (directory) =>
      below(directory).flatMap((path) => (dirname(path) === directory ? relative(directory, path) : [])),
    freeDisk: async () => memory.disk,
    availableMemory: async () => memory.availableBytes,
    totalMemory: async () => 8 * GIB,
    load: async () => ({ average: memory.average, cores: 2 }),
    routes: async () => ['10.0.0.0/24'],
  }
  return memory
}
