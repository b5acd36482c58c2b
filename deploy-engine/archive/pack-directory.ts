import { createReadStream, createWriteStream, type Stats } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { messageOf, TbsError } from '../error.ts'
import type { VolumeContent } from './check-volume.ts'
import { diskFull } from './whole-file.ts'

/** What is in a directory, and the paths below it that no tar can hold: sockets, pipes and devices. */
export type DirectoryContent = VolumeContent & { others: string[] }

/** undefined: there is no such directory. */
export const measureDirectory = async (directory: string): Promise<DirectoryContent | undefined> => {
  const found: DirectoryContent = { files: 0, bytes: 0, others: [] }
  try {
    for await (const { path, stats } of everything(directory)) {
      if (stats.isFile()) found.files += 1
      if (stats.isFile()) found.bytes += stats.size
      if (!isKnown(stats)) found.others.push(path)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(error, directory)
  }
  return found
}

/**
 * Writes all of a directory into a tar, its root being `.`, with owners and modes. A link stays one, wherever it leads.
 * Fails with `unreadable` or `disk_full`, and with `still_written` when somebody writes there meanwhile.
 */
export const packDirectory = async (directory: string, file: string, signal: AbortSignal): Promise<void> => {
  const pack = tar.pack()
  const [packed, written] = await Promise.allSettled([
    packAll(pack, directory, signal).catch((error) => {
      pack.destroy(error)
      throw error
    }),
    pipeline(pack, createWriteStream(file, { mode: 0o600 }), { signal }),
  ])
  signal.throwIfAborted()
  if (packed.status === 'rejected') throw diskFull(packed.reason, file)
  if (written.status === 'rejected') throw diskFull(written.reason, file)
}

type TarHeader = Parameters<tar.Pack['entry']>[0]

const packAll = async (pack: tar.Pack, directory: string, signal: AbortSignal): Promise<void> => {
  for await (const { path, stats } of everything(directory)) {
    signal.throwIfAborted()
    if (!isKnown(stats)) continue
    const { mode, uid, gid, mtime, size } = stats
    const name = path === '' ? './' : `./${path}`
    const header = { name, mode: mode & 0o7777, uid, gid, mtime }
    if (stats.isDirectory()) await entry(pack, { ...header, type: 'directory' })
    else if (stats.isSymbolicLink()) {
      await entry(pack, { ...header, type: 'symlink', linkname: await readlink(join(directory, path)) })
    } else await packFile(pack, { ...header, size }, join(directory, path), signal)
  }
  pack.finalize()
}

const packFile = async (pack: tar.Pack, header: TarHeader, path: string, signal: AbortSignal): Promise<void> => {
  try {
    await pipeline(createReadStream(path), pack.entry(header), { signal })
  } catch (error) {
    signal.throwIfAborted()
    if (!/size mismatch/i.test(messageOf(error))) throw unreadable(error, path)
    throw new TbsError('still_written', `${path} changes while it is read`, {
      hint: 'Nothing was changed. Stop what writes there, then try again',
    })
  }
}

const entry = (pack: tar.Pack, header: TarHeader): Promise<void> =>
  new Promise((resolve, reject) => {
    pack.entry(header, (error) => (error ? reject(error) : resolve()))
  })

type Found = { path: string; stats: Stats }

/** The directory itself first, then what is in it, each directory before its content. */
async function* everything(root: string): AsyncGenerator<Found> {
  // The directory itself may be a link, to a larger disk.
  const names = await readdir(root)
  yield { path: '', stats: await stat(root) }
  for (const name of names.sort()) yield* below(root, join(root, name))
}

async function* below(root: string, path: string): AsyncGenerator<Found> {
  const stats = await lstat(path)
  yield { path: relative(root, path), stats }
  if (!stats.isDirectory()) return
  for (const name of (await readdir(path)).sort()) yield* below(root, join(path, name))
}

const isKnown = (stats: Stats): boolean => stats.isFile() || stats.isDirectory() || stats.isSymbolicLink()

const unreadable = (error: unknown, path: string): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || error instanceof TbsError) return error
  return new TbsError('unreadable', `${path} can’t be read: ${messageOf(error)}`, {
    hint: 'Nothing was changed. Run it as a user who may read all of it, such as root',
    cause: error,
  })
}
