import { dirname } from 'node:path/posix'
import { TbsError } from '../error.ts'
import { type Bytes, eachEntry } from './tar-entries.ts'

/** What a volume's tar holds. */
export type VolumeContent = { files: number; bytes: number }

/**
 * Reads a volume's tar to its end. Fails with `unsafe_path`, `unsafe_link`, `unsafe_file` or `bad_volume`. A symbolic
 * link is data, wherever it leads: only the bot follows it, in its own container. But nothing may lie beyond one.
 */
export const checkVolume = async (path: string, content: Bytes): Promise<VolumeContent> => {
  const links = new Set<string>()
  const found = { files: 0, bytes: 0 }
  await eachEntry(content, async ({ name, type, size = 0, linkname }) => {
    const inside = { path, entry: name }
    const at = placeOf(inside, name)
    if (!type || !KINDS.includes(type)) throw unsafe('file', inside, `is a ${type ?? 'thing of an unknown kind'}`)
    const beyond = [at, ...(type === 'link' ? [placeOf(inside, linkname ?? '')] : [])].find((one) =>
      isBeyond(one, links),
    )
    if (beyond !== undefined) throw unsafe('link', inside, 'leads through a symbolic link')
    if (type === 'symlink') links.add(at)
    if (type === 'file') found.files += 1
    if (type === 'file') found.bytes += size
  }).catch((error) => {
    if (error instanceof TbsError || error?.name === 'AbortError') throw error
    throw new TbsError('bad_volume', `The data of ${path} in the backup is no tar: ${error?.message ?? error}`, {
      hint: HINT,
      cause: error,
    })
  })
  return found
}

const KINDS = ['file', 'directory', 'symlink', 'link', 'fifo']
const HINT = 'Nothing was changed. Such a file was not made by tbs-manager: ask where it comes from'

type Inside = { path: string; entry: string }

const placeOf = (inside: Inside, name: string): string => {
  if (name.startsWith('/')) throw unsafe('path', inside, 'has an absolute path')
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw unsafe('path', inside, 'leads out of it by ..')
  if (name.includes('\0')) throw unsafe('path', inside, 'has no possible name')
  return parts.join('/')
}

const isBeyond = (place: string, links: ReadonlySet<string>): boolean => {
  for (let above = dirname(place); above !== '.'; above = dirname(above)) if (links.has(above)) return true
  return false
}

const unsafe = (kind: 'path' | 'link' | 'file', { path, entry }: Inside, why: string): TbsError =>
  new TbsError(`unsafe_${kind}`, `The data of ${path} in the backup is refused: ${JSON.stringify(entry)} ${why}`, {
    hint: HINT,
  })
