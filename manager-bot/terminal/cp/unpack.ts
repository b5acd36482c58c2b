import { createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { TbsError } from '../../../deploy-engine/index.ts'

/** Makes `local` what a tar holds, or puts it into that directory. Nothing that is there is replaced: `file_exists`. */
export const unpack = async (source: Readable, local: string): Promise<void> => {
  const into = (await stat(local).catch(() => undefined))?.isDirectory() ?? false
  const extract = tar.extract()
  const fed = pipeline(source, extract)
  fed.catch(() => undefined)
  for await (const entry of extract) {
    const { name, type, mode = 0o600 } = entry.header
    const path = placeOf(name, into, local)
    if (type === 'directory') await mkdir(path, { recursive: true })
    else if (type === 'file') {
      await pipeline(Readable.from(entry, { objectMode: false }), createWriteStream(path, { flags: 'wx', mode })).catch(
        explained(path),
      )
    }
    entry.resume()
  }
  await fed
}

// From another machine: it must not lead out of where it belongs.
const placeOf = (name: string, into: boolean, local: string): string => {
  const words = name.split('/').filter((word) => word !== '' && word !== '.')
  if (words.includes('..') || words.some((word) => word.includes('\\'))) {
    throw new TbsError('bad_tar', `What came has a path that leads elsewhere: ${name}`)
  }
  return join(local, ...(into ? words : words.slice(1)))
}

const explained = (path: string) => (cause: NodeJS.ErrnoException) => {
  if (cause.code !== 'EEXIST') throw cause
  throw new TbsError('file_exists', `${path} is there already`, { hint: 'Name another place, or remove it first' })
}
