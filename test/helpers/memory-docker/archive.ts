import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { FORMAT, type Manifest, SECRETS, volumePartName } from '../../../deploy-engine/archive/manifest.ts'
import { measureDirectory, packDirectory } from '../../../deploy-engine/archive/pack-directory.ts'
import { TbsError } from '../../../deploy-engine/index.ts'
import type { ArchivePort, FilesPort } from '../../../deploy-engine/ports.ts'
import type { VirtualClock } from './virtual-clock.ts'

const PACK_MS = 400

/** Files of backups in memory: who reads one sees what was packed. It is as mortal as the files that it is given. */
export const memoryArchive = (clock: VirtualClock, files: Pick<FilesPort, 'readText' | 'writeText'>): ArchivePort => ({
  write: async (file, { about, secrets, volumes }, { signal }) => {
    await clock.sleep(PACK_MS, signal)
    const tars = await Promise.all(volumes.map(async ({ path, tar }) => [path, await files.readText(tar)] as const))
    const text = JSON.stringify({ file: basename(file), about, keys: Object.keys(secrets), tars })
    await files.writeText(file, text)
    const part = { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') }
    const parts = volumes.map(({ path }, place) => ({ name: volumePartName(place), path, ...part }))
    return { manifest: { ...about, format: FORMAT, secrets: { name: SECRETS, ...part }, volumes: parts }, ...part }
  },
  writeState: async (file, { files: names }, { signal }) => {
    await clock.sleep(PACK_MS, signal)
    const text = JSON.stringify(names)
    await files.writeText(file, text)
    return { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') }
  },

  read: async (file, { onManifest, onVolume, signal }) => {
    await clock.sleep(PACK_MS, signal)
    const { manifest, contents } = await unpacked(files, file)
    await onManifest?.(manifest)
    for (const [place, part] of manifest.volumes.entries()) await onVolume?.(part, Readable.from(contents[place] ?? ''))
    return { manifest, secrets: {}, contents: [] }
  },

  readBeginning: async (file) => ({ manifest: (await unpacked(files, file)).manifest, secrets: {} }),

  measureDirectory,
  packDirectory,

  checkState: async (file) => {
    const text = (await files.readText(file)) ?? ''
    return [{ name: 'tbs.sqlite', bytes: Object.keys(parsed(text)).length }]
  },

  reseal: async (from, to) => {
    const text = (await files.readText(from)) ?? ''
    await files.writeText(to, text)
    return { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') }
  },
})

type Packed = { about: Omit<Manifest, 'format' | 'secrets' | 'volumes'>; tars: [path: string, text: string][] }

const parsed = (text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    throw new TbsError('backup_altered', 'The backup was altered')
  }
}

const unpacked = async (files: Pick<FilesPort, 'readText'>, file: string) => {
  const { about, tars }: Packed = parsed((await files.readText(file)) ?? '')
  const part = { bytes: 0, sha256: '' }
  const volumes = tars.map(([path], place) => ({ name: volumePartName(place), path, ...part }))
  const manifest: Manifest = { ...about, format: FORMAT, secrets: { name: SECRETS, ...part }, volumes }
  return { manifest, contents: tars.map(([, text]) => Buffer.from(text)) }
}
