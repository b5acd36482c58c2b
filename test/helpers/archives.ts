import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import tar from 'tar-stream'
import { onTestFinished } from 'vitest'
import { newIdentity, seal } from '../../deploy-engine/archive/age.ts'
import { FORMAT, type Manifest } from '../../deploy-engine/archive/manifest.ts'
import { writeArchive } from '../../deploy-engine/archive/write-archive.ts'
import { Secret } from '../../deploy-engine/index.ts'
import { ABOUT } from './about-backup.ts'

export type Entry = Parameters<tar.Pack['entry']>[0] & { content?: string | Buffer }

export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-archive-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export const tarOf = async (entries: readonly Entry[]): Promise<Buffer> => {
  const pack = tar.pack()
  for (const { content, ...header } of entries) {
    if (content === undefined) pack.entry(header)
    else pack.entry(header, content)
  }
  pack.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of pack as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export type Sealed = { file: string; directory: string; identity: Secret; manifest: Manifest }

/** A good file with one volume, of which the entries are given. */
export const archiveOf = async (
  entries: readonly Entry[] = [
    { name: './', type: 'directory' },
    { name: './notes.txt', content: 'kept' },
  ],
  recipients: readonly string[] = [],
): Promise<Sealed> => {
  const directory = await temporaryDirectory()
  const { identity, recipient } = await newIdentity()
  const volume = join(directory, 'volume.tar')
  await writeFile(volume, await tarOf(entries))
  const file = join(directory, 'my-bot.tar.gz.age')
  const secrets = { token: new Secret('123456:AAExampleOfThirtyFiveCharacters_abc'), GREETING: new Secret('hi') }
  const { manifest } = await writeArchive(
    file,
    { about: ABOUT, secrets, volumes: [{ path: '/app/data', tar: volume }] },
    { recipients: [recipient, ...recipients], signal: AbortSignal.timeout(60_000) },
  )
  return { file, directory, identity, manifest }
}

/** Seals any tar as if it were one of ours; `trailing` follows its compressed end. */
export const sealed = async (
  content: Buffer | AsyncIterable<Uint8Array>,
  { plain = false, trailing = Buffer.alloc(0) }: { plain?: boolean; trailing?: Buffer } = {},
): Promise<{ file: string; identity: Secret }> => {
  const file = join(await temporaryDirectory(), 'hostile.age')
  const { identity, recipient } = await newIdentity()
  const appended = async function* (source: AsyncIterable<Uint8Array>) {
    yield* source
    if (trailing.length > 0) yield trailing
  }
  const chunks = Buffer.isBuffer(content) ? piecesOf(content) : content
  if (plain) await pipeline(chunks, seal([recipient]), createWriteStream(file))
  else await pipeline(chunks, createGzip(), appended, seal([recipient]), createWriteStream(file))
  return { file, identity }
}

const piecesOf = async function* (content: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536)
}

export const part = (name: string, content: string | Buffer) => ({
  name,
  bytes: Buffer.byteLength(content),
  sha256: createHash('sha256').update(content).digest('hex'),
})

/** A manifest that goes with these parts. */
export const manifestFor = (secrets: string, volumes: readonly Buffer[]): Manifest => ({
  ...ABOUT,
  format: FORMAT,
  secrets: part('secrets.json', secrets),
  volumes: volumes.map((content, place) => ({ ...part(`volumes/${place}.tar`, content), path: `/app/data${place}` })),
})
