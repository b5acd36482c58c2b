import { createReadStream } from 'node:fs'
import { lstat, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { inGroups } from '../../in-groups.ts'

const EXECUTABLE = 0o111
const SMALL_BYTES = 64 * 1024
const AT_ONCE = 16

/** The build context as a tar of exactly these paths. Links are sent as links: where they point to is not followed. */
export const packContext = (directory: string, files: readonly string[]): Readable => {
  const pack = tar.pack()
  addAll(pack, directory, files).then(
    () => pack.finalize(),
    (error) => pack.destroy(error),
  )
  return Readable.from(pack, { objectMode: false })
}

// Most of the time is waiting for the file system, so some are read at once, and added in order.
const addAll = async (pack: tar.Pack, directory: string, files: readonly string[]): Promise<void> => {
  for (const some of inGroups(files, AT_ONCE)) {
    for (const add of await Promise.all(some.map((name) => read(directory, name)))) await add(pack)
  }
}

const read = async (directory: string, name: string): Promise<(pack: tar.Pack) => Promise<void>> => {
  const path = join(directory, name)
  const found = await lstat(path)
  if (found.isSymbolicLink()) return whole({ name, type: 'symlink', linkname: await readlink(path) })
  // Whoever runs the manager, the image is the same: owner root, and the modes that git knows.
  const { size, mtime, mode } = found
  const header = { name, size, mtime, mode: mode & EXECUTABLE ? 0o755 : 0o644 }
  if (size <= SMALL_BYTES) return whole(header, await readFile(path))
  return (pack) => pipeline(createReadStream(path), pack.entry(header))
}

type Header = Parameters<tar.Pack['entry']>[0]

const whole =
  (header: Header, content?: Buffer) =>
  (pack: tar.Pack): Promise<void> =>
    new Promise((resolve, reject) => {
      const added = (error?: Error | null) => (error ? reject(error) : resolve())
      if (content) pack.entry({ ...header, size: content.length }, content, added)
      else pack.entry(header, added)
    })
