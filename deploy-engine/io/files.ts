import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FilesPort } from '../ports.ts'

const READABLE_BYTES = 1024 * 1024
const CHUNK = 1024 * 1024

/** Files below the data dir. Temporary directories are in `tmp/`, emptied at each start. */
export const localFiles = (dataDir: string): FilesPort => ({
  temporary: async (name) => {
    await mkdir(join(dataDir, 'tmp'), { recursive: true })
    return mkdtemp(join(dataDir, 'tmp', `${name}-`))
  },

  remove: (path) => rm(path, { recursive: true, force: true }),

  list: async (directory) => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .sort()
  },

  readText: async (path) => {
    const size = await stat(path).then((found) => (found.isFile() ? found.size : undefined), missing)
    return size === undefined || size > READABLE_BYTES ? undefined : readFile(path, 'utf8')
  },

  writeText: async (path, text) => {
    await mkdir(dirname(path), { recursive: true })
    // A checkout may hold any name, also as a link that leads elsewhere.
    const part = `${path}.${randomUUID()}.part`
    try {
      await writeFile(part, text, { mode: 0o600, flag: 'wx' })
      await rename(part, path)
    } catch (error) {
      // On a full disk half a file is the last thing to leave.
      await rm(part, { force: true })
      throw error
    }
  },

  appendText: async (path, text) => {
    await mkdir(dirname(path), { recursive: true })
    await appendFile(path, text, { mode: 0o600 })
  },

  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 })
  },

  save: async (path, content, signal) => {
    const file = createWriteStream(path, { mode: 0o600, flags: 'wx', highWaterMark: CHUNK })
    await pipeline(content, file, { signal })
    return file.bytesWritten
  },

  names: async (directory) => (await readdir(directory).catch(missing)) ?? [],

  stateOf: async (path) => {
    const found = await stat(path).catch(missing)
    return found && { mode: found.mode & 0o777, writtenAt: found.mtimeMs }
  },

  setMode: (path, mode) => chmod(path, mode),

  freeDisk: async (path) => {
    const { bavail, blocks, bsize } = await statfs(path)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  },

  availableMemory: async () => {
    const kib = /^MemAvailable:\s+(\d+) kB/m.exec((await readFile('/proc/meminfo', 'utf8').catch(missing)) ?? '')?.[1]
    return kib === undefined ? Number.POSITIVE_INFINITY : Number(kib) * 1024
  },

  totalMemory: async () => totalmem(),

  load: async () => ({ average: loadavg()[0] ?? 0, cores: cpus().length }),

  routes: async () => ((await readFile('/proc/net/route', 'utf8').catch(missing)) ?? '').split('\n').flatMap(routeOf),
})

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

// Addresses in /proc/net/route are little-endian hexadecimal.
const routeOf = (line: string): string[] => {
  const [, destination = '', , , , , , mask = ''] = line.split('\t')
  if (!/^[0-9A-F]{8}$/.test(destination) || /^0+$/.test(mask)) return []
  const octets = (destination.match(/../g) ?? []).reverse().map((part) => Number.parseInt(part, 16))
  const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
  return [`${octets.join('.')}/${bits}`]
}
