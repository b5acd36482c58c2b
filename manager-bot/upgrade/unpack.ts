import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { TbsError } from '../../deploy-engine/index.ts'

const LARGEST_BYTES = 200 * 1024 * 1024

/** Writes the files of a package that npm has packed. Fails with `damaged_package` for whatever is no plain file. */
export const unpackPackage = async (tarball: Buffer, directory: string): Promise<void> => {
  const entries = Readable.from([tarball]).pipe(createGunzip()).pipe(extract())
  let bytes = 0
  for await (const entry of entries) {
    const { name, type, size = 0 } = entry.header
    if (type === 'directory') {
      entry.resume()
      continue
    }
    const path = normalize(name).replace(/^package\//, '')
    bytes += size
    if (type !== 'file' || path === normalize(name) || path.startsWith('..') || bytes > LARGEST_BYTES) {
      throw new TbsError('damaged_package', `The package holds something that it may not: ${name}`)
    }
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), await buffer(entry))
  }
}
