import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import tar from 'tar-stream'
import { TbsError } from '../error.ts'
import type { Secret } from '../secret.ts'
import { seal } from './age.ts'
import { type ArchivePart, FORMAT, MANIFEST, Manifest, SECRETS, volumePartName } from './manifest.ts'
import { counting } from './tar-entries.ts'
import { diskFull, wholeFile } from './whole-file.ts'

/** What goes into a file: what it is of, secrets by the keys under which they are stored, volumes as tars on disk. */
export type ArchiveContent = {
  about: Omit<Manifest, 'format' | 'secrets' | 'volumes'>
  secrets: Readonly<Record<string, Secret>>
  /** `path` is where it is in the container; the file `tar` holds what is in the volume, its root being `.`. */
  volumes: readonly { path: string; tar: string }[]
}

export type WrittenArchive = { manifest: Manifest; bytes: number; sha256: string }

/**
 * Writes tar, gzip and age into a file that is there whole or not at all, also after a power cut. It takes the same
 * little memory for any size. Fails with `disk_full`, and with `spool_changed` when a tar does not stay what it was.
 */
export const writeArchive = async (
  file: string,
  content: ArchiveContent,
  { recipients, signal }: { recipients: readonly string[]; signal: AbortSignal },
): Promise<WrittenArchive> => {
  const written = { bytes: 0, hash: createHash('sha256') }
  const manifest = await wholeFile(file, async (aside) => {
    const secrets = secretsJson(content.secrets)
    const manifest = await manifestOf(content, secrets, signal)
    const pack = tar.pack()
    const packed = packAll(pack, { manifest, secrets, volumes: content.volumes }, signal)
    // Whatever fails ends the other: packing by destroying the pack, all else by the pipeline, whose error it is.
    const [, sunk] = await Promise.allSettled([
      packed.catch((error) => pack.destroy(error)),
      pipeline(
        pack,
        createGzip({ level: LEVEL, chunkSize: CHUNK }),
        seal(recipients),
        counting(written),
        createWriteStream(aside, { mode: 0o600, flush: true }),
        { signal },
      ),
    ])
    if (sunk.status === 'rejected') throw sunk.reason
    return manifest
  }).catch((error) => {
    signal.throwIfAborted()
    throw diskFull(error, file)
  })
  return { manifest, bytes: written.bytes, sha256: written.hash.digest('hex') }
}

// More would take three times as long for a tenth less.
const LEVEL = 1
const CHUNK = 256 * 1024

const secretsJson = (secrets: ArchiveContent['secrets']): Buffer =>
  Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, value.reveal()]))))

const manifestOf = async ({ about, volumes }: ArchiveContent, secrets: Buffer, signal: AbortSignal) => {
  const parts: Manifest['volumes'] = []
  for (const [place, { path, tar: file }] of volumes.entries()) {
    parts.push({ name: volumePartName(place), path, ...(await measured(file, signal)) })
  }
  const sha256 = createHash('sha256').update(secrets).digest('hex')
  // What can't be read back is found out now, not when it is needed.
  return Manifest.parse({
    ...about,
    format: FORMAT,
    secrets: { name: SECRETS, bytes: secrets.length, sha256 },
    volumes: parts,
  })
}

const measured = async (file: string, signal: AbortSignal): Promise<Pick<ArchivePart, 'bytes' | 'sha256'>> => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK, signal })) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

type Packed = { manifest: Manifest; secrets: Buffer; volumes: ArchiveContent['volumes'] }

const packAll = async (pack: tar.Pack, { manifest, secrets, volumes }: Packed, signal: AbortSignal): Promise<void> => {
  const mtime = new Date(manifest.takenAt)
  await packBuffer(pack, { name: MANIFEST, mtime }, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
  await packBuffer(pack, { name: SECRETS, mtime }, secrets)
  for (const [place, part] of manifest.volumes.entries()) {
    const source = createReadStream(volumes[place]?.tar ?? '', { highWaterMark: CHUNK })
    const seen = { bytes: 0, hash: createHash('sha256') }
    const entry = pack.entry({ name: part.name, mtime, size: part.bytes })
    await pipeline(source, counting(seen), entry, { signal })
    if (seen.hash.digest('hex') !== part.sha256) throw new TbsError('spool_changed', `${part.path} changed meanwhile`)
  }
  pack.finalize()
}

const packBuffer = (pack: tar.Pack, header: { name: string; mtime: Date }, content: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    pack.entry(header, content, (error) => (error ? reject(error) : resolve()))
  })
