import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Header } from 'tar-stream'
import { z } from 'zod'
import { type ErrorCode, messageOf, TbsError } from '../error.ts'
import { Secret } from '../secret.ts'
import { PIECE, unseal } from './age.ts'
import { checkVolume, type VolumeContent } from './check-volume.ts'
import {
  type ArchivePart,
  FORMAT,
  MANIFEST,
  Manifest,
  partsOf,
  SecretValues,
  tarBytes,
  type VolumePart,
} from './manifest.ts'
import { type Bytes, counting, eachEntry } from './tar-entries.ts'

export type Reading = {
  identities: readonly Secret[]
  signal: AbortSignal
  /** Bytes that its volumes may come to. */
  maxBytes: number
  /** Is told what the file says that it holds, before anything of that is read; what it throws ends the reading. */
  onManifest?(manifest: Manifest): void | Promise<void>
  /** Takes each volume's tar, to its end; absent: it is looked through. */
  onVolume?(part: VolumePart, content: Bytes): Promise<void>
}

export type ReadArchive = {
  manifest: Manifest
  secrets: Record<string, Secret>
  /** What was looked through, in the order of the manifest. */
  contents: VolumeContent[]
}

/**
 * Reads a whole file and holds every part against its manifest; whatever is not as `writeArchive` makes it is refused
 * with a code of its own. What a taker of volumes was given counts only when this has resolved.
 */
export const readArchive = (file: string, reading: Reading): Promise<ReadArchive> => readInto(newState(reading), file)

const readInto = async (state: State, file: string): Promise<ReadArchive> => {
  const { reading } = state
  const gunzip = createGunzip({ chunkSize: CHUNK })
  const sealed = { bytes: 0 }
  // Each ends by the failure of the other. What was refused is the reason, else what broke.
  const ends = await Promise.allSettled([
    pipeline(createReadStream(file, { highWaterMark: PIECE }), unseal(reading.identities), counting(sealed), gunzip, {
      signal: reading.signal,
    }),
    eachEntry(limited(state, gunzip), (header, content) => entry(state, header, content)),
  ])
  reading.signal.throwIfAborted()
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  if (errors.includes(ENOUGH)) throw ENOUGH
  if (errors.length > 0) throw errors.find((error) => error instanceof TbsError) ?? explained(errors[0], file)
  if (gunzip.bytesWritten !== sealed.bytes) throw trailing()
  return whole(state)
}

/** What a file is of, and the secrets in it: so much of it is read, and checked, and no more. */
export const readBeginning = async (
  file: string,
  reading: Omit<Reading, 'onVolume'>,
): Promise<Omit<ReadArchive, 'contents'>> => {
  const state = newState({ ...reading, onVolume: () => Promise.reject(ENOUGH) })
  try {
    return await readInto(state, file)
  } catch (error) {
    if (error !== ENOUGH || !state.manifest) throw error
    return { manifest: state.manifest, secrets: state.secrets }
  }
}

const ENOUGH = new Error('the beginning is enough')

const CHUNK = 256 * 1024
const MANIFEST_BYTES = 1024 * 1024
const SECRETS_BYTES = 16 * 1024 * 1024

type State = {
  reading: Reading
  /** Bytes of the tar so far, and of its manifest. */
  plain: number
  manifestBytes: number
  manifest: Manifest | undefined
  seen: string[]
  secrets: Record<string, Secret>
  contents: VolumeContent[]
}

const newState = (reading: Reading): State => ({
  reading,
  plain: 0,
  manifestBytes: MANIFEST_BYTES,
  manifest: undefined,
  seen: [],
  secrets: {},
  contents: [],
})

// A few bytes can unfold to any size.
const limited = async function* (state: State, plain: Bytes): Bytes {
  for await (const chunk of plain) {
    state.plain += chunk.length
    if (state.plain > allowed(state)) throw state.manifest ? trailing() : notOurs('it begins with no manifest')
    yield chunk
  }
}

// Chunks come ahead of the entries that they make.
const allowed = ({ manifest, manifestBytes }: State): number =>
  tarBytes(manifestBytes, manifest ? partsOf(manifest) : []) + (manifest ? 0 : AHEAD)

const AHEAD = 16 * CHUNK

const entry = async (state: State, header: Header, content: Bytes): Promise<void> => {
  refuseOddEntry(header)
  const { name, size = 0 } = header
  if (!state.manifest) return takeManifest(state, header, content)
  const parts = partsOf(state.manifest)
  if (state.seen.includes(name)) throw refused('duplicate_part', `it holds ${name} twice`)
  const part = parts.find((one) => one.name === name)
  if (!part) throw refused('unknown_part', `it holds ${shown(name)}, which its manifest does not name`)
  if (part !== parts[state.seen.length]) throw refused('missing_part', `${parts[state.seen.length]?.name} is missing`)
  if (size !== part.bytes) throw differs(name)
  state.seen.push(name)
  await takePart(state, part, content)
}

const refuseOddEntry = ({ name, type }: Header): void => {
  if (name.startsWith('/')) throw refused('unsafe_path', `${shown(name)} is an absolute path`)
  if (name.split('/').includes('..')) throw refused('unsafe_path', `${shown(name)} leads out of it by ..`)
  if (type === 'symlink' || type === 'link') throw refused('unsafe_link', `${shown(name)} is a link`)
  if (type !== 'file') throw refused('unsafe_file', `${shown(name)} is a ${type ?? 'thing of an unknown kind'}`)
}

const takeManifest = async (state: State, { name, size = 0 }: Header, content: Bytes): Promise<void> => {
  if (name !== MANIFEST || size > MANIFEST_BYTES) throw notOurs('it begins with no manifest')
  const manifest = parseManifest(await text(content))
  state.manifestBytes = size
  state.manifest = manifest
  const bytes = manifest.volumes.reduce((sum, part) => sum + part.bytes, 0)
  const { maxBytes, onManifest } = state.reading
  if (bytes > maxBytes || manifest.secrets.bytes > SECRETS_BYTES) throw tooLarge(bytes, maxBytes)
  await onManifest?.(manifest)
}

const parseManifest = (json: string): Manifest => {
  const plain = parsed(json)
  const { success, data: { format } = { format: FORMAT } } = z.object({ format: z.number() }).safeParse(plain)
  if (success && format > FORMAT) {
    throw new TbsError('newer_format', `The backup has format ${format}; this version reads up to ${FORMAT}`, {
      hint: 'Restore it with the version of tbs-manager that made it, or a newer one',
    })
  }
  const manifest = Manifest.safeParse(plain)
  if (manifest.success) return manifest.data
  throw refused('bad_manifest', `its manifest is not valid: ${z.prettifyError(manifest.error).slice(0, 500)}`)
}

const takePart = async (state: State, part: ArchivePart | VolumePart, content: Bytes): Promise<void> => {
  const seen = { bytes: 0, hash: createHash('sha256') }
  const watched = counting(seen)(content)
  const secrets = 'path' in part ? undefined : await text(watched)
  if ('path' in part) await takeVolume(state, part, watched)
  if (seen.bytes !== part.bytes) throw new Error(`${part.name} was not read to its end`)
  if (seen.hash.digest('hex') !== part.sha256) throw differs(part.name)
  if (secrets !== undefined) state.secrets = parseSecrets(secrets)
}

const takeVolume = async ({ reading, contents }: State, part: VolumePart, content: Bytes): Promise<void> => {
  if (reading.onVolume) await reading.onVolume(part, content)
  else contents.push(await checkVolume(part.path, content))
}

const parseSecrets = (json: string): Record<string, Secret> => {
  const values = SecretValues.safeParse(parsed(json))
  // What zod says could hold a value.
  if (!values.success) throw refused('bad_manifest', 'its secrets are not valid')
  return Object.fromEntries(Object.entries(values.data).map(([key, value]) => [key, new Secret(value)]))
}

const whole = ({ manifest, manifestBytes, plain, seen, secrets, contents }: State): ReadArchive => {
  if (!manifest) throw notOurs('it is empty')
  const parts = partsOf(manifest)
  const missing = parts[seen.length]
  if (missing) throw refused('missing_part', `${missing.name} is missing`)
  if (plain !== tarBytes(manifestBytes, parts)) throw trailing()
  return { manifest, secrets, contents }
}

const text = async (content: Bytes): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const HINT = 'Nothing was changed. Take another copy of the file, or an older backup'

const refused = (code: ErrorCode, why: string, cause?: unknown): TbsError =>
  new TbsError(code, `The backup is refused: ${why}`, { hint: HINT, cause })

const notOurs = (why: string, cause?: unknown): TbsError =>
  new TbsError('not_a_backup', `This is no backup of tbs-manager: ${why}`, { hint: HINT, cause })

const differs = (name: string): TbsError => refused('part_differs', `${name} is not what its manifest says`)

const trailing = (): TbsError => refused('trailing_data', 'it holds more than its manifest says')

const tooLarge = (bytes: number, max: number): TbsError =>
  new TbsError('too_large', `The backup holds ${inMb(bytes)} of data; there is room for ${inMb(max)}`, {
    hint: 'Nothing was changed. Free some disk first; /prune shows which images nothing needs',
  })

const inMb = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MB`

const shown = (name: string): string => JSON.stringify(name.slice(0, 100))

const explained = (error: unknown, file: string): unknown => {
  if (error instanceof TbsError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') {
    return new TbsError('no_backup_file', `The file ${file} can’t be read: ${messageOf(error)}`, {
      hint: 'Look at its path',
      cause: error,
    })
  }
  if (code?.startsWith('Z_')) return notOurs('what was sealed is not compressed as it should be', error)
  // tar-stream's errors have no code; what else has one is trouble of this machine.
  return code === undefined && error instanceof Error ? notOurs(`it holds no tar (${error.message})`, error) : error
}
