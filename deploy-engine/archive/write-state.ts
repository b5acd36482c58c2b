import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import tar from 'tar-stream'
import { seal } from './age.ts'
import { counting } from './tar-entries.ts'
import { wholeFile } from './whole-file.ts'

/** What a whole server is restored from: files of the manager, by the names that they get; absent ones stay out. */
export type StateContent = { about: { instance: string; takenAt: number }; files: Readonly<Record<string, string>> }

/** Writes the manager's own state as bots are backed up: tar, gzip and age, whole or not at all. */
export const writeState = async (
  file: string,
  { about, files }: StateContent,
  { recipients, signal }: { recipients: readonly string[]; signal: AbortSignal },
): Promise<{ bytes: number; sha256: string }> =>
  wholeFile(file, async (aside) => {
    const pack = tar.pack()
    const written = { bytes: 0, hash: createHash('sha256') }
    const packing = packAll(pack, { about, files }, signal).catch((error) => pack.destroy(error))
    await pipeline(
      pack,
      createGzip(),
      seal(recipients),
      counting(written),
      createWriteStream(aside, { mode: 0o600, flush: true }),
      { signal },
    )
    await packing
    return { bytes: written.bytes, sha256: written.hash.digest('hex') }
  })

const packAll = async (pack: tar.Pack, { about, files }: StateContent, signal: AbortSignal): Promise<void> => {
  const mtime = new Date(about.takenAt)
  const manifest = `${JSON.stringify({ format: 1, state: true, ...about, files: Object.keys(files) }, null, 2)}\n`
  pack.entry({ name: 'manifest.json', mtime }, manifest)
  for (const [name, path] of Object.entries(files)) {
    const found = await stat(path).catch(absent)
    if (!found) continue
    await pipeline(createReadStream(path), pack.entry({ name, mtime, mode: 0o600, size: found.size }), { signal })
  }
  pack.finalize()
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined
  throw error
}
