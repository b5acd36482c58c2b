import { createReadStream, type Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { messageOf, TbsError } from '../../../deploy-engine/index.ts'

/**
 * A file as file/<name>, or what is in a directory below directory/; behind it an entry `whole`, since a connection
 * that breaks is an end, too. Fails with `unreadable`, at once or by its `error`.
 */
export const pack = async (local: string): Promise<Readable> => {
  const stats = await lstat(local).catch((cause) => {
    throw new TbsError('unreadable', `${local} can't be read: ${messageOf(cause)}`, { cause })
  })
  const packed = tar.pack()
  const name = basename(resolve(local))
  const all = stats.isDirectory()
    ? packDirectory(packed, local, 'directory')
    : packFile(packed, { file: local, name: `file/${name}`, stats })
  all.then(
    () => {
      packed.entry({ name: 'whole' }, '')
      packed.finalize()
    },
    (error) => packed.destroy(error),
  )
  return Readable.from(packed, { objectMode: false })
}

const packDirectory = async (packed: tar.Pack, directory: string, name: string): Promise<void> => {
  packed.entry({ name: `${name}/`, type: 'directory', mode: 0o755 })
  for (const entry of (await readdir(directory)).sort()) {
    const [file, inside] = [join(directory, entry), `${name}/${entry}`]
    const stats = await lstat(file)
    if (stats.isDirectory()) await packDirectory(packed, file, inside)
    else await packFile(packed, { file, name: inside, stats })
  }
}

const packFile = async (packed: tar.Pack, { file, name, stats }: { file: string; name: string; stats: Stats }) => {
  if (!stats.isFile()) throw new TbsError('unreadable', `${file} is neither a file nor a directory`)
  const { size, mtime, mode } = stats
  const entry = packed.entry({ name, size, mtime, mode: mode & 0o777 })
  await pipeline(createReadStream(file), entry).catch((cause) => {
    throw new TbsError('unreadable', `${file} can't be copied: ${messageOf(cause)}`, {
      hint: 'Does somebody write into it? Nothing was changed',
      cause,
    })
  })
}
