import { createReadStream } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'

const EXECUTABLE = 0o111

/** The build context as a tar of exactly these paths. Links are sent as links: where they point to is not followed. */
export const packContext = (directory: string, files: readonly string[]): Readable => {
  const pack = tar.pack()
  addAll(pack, directory, files).then(
    () => pack.finalize(),
    (error) => pack.destroy(error),
  )
  return Readable.from(pack, { objectMode: false })
}

const addAll = async (pack: tar.Pack, directory: string, files: readonly string[]): Promise<void> => {
  for (const name of files) {
    const path = join(directory, name)
    const found = await lstat(path)
    if (found.isSymbolicLink()) await addLink(pack, { name, linkname: await readlink(path) })
    // Whoever runs the manager, the image is the same: owner root, and the modes that git knows.
    else {
      const mode = found.mode & EXECUTABLE ? 0o755 : 0o644
      await pipeline(createReadStream(path), pack.entry({ name, size: found.size, mode, mtime: found.mtime }))
    }
  }
}

const addLink = (pack: tar.Pack, link: { name: string; linkname: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    pack.entry({ ...link, type: 'symlink' }, (error) => (error ? reject(error) : resolve()))
  })
