import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Secret } from '../secret.ts'
import { PIECE, seal, unseal } from './age.ts'
import { counting } from './tar-entries.ts'
import { diskFull, wholeFile } from './whole-file.ts'

type Resealing = { identities: readonly Secret[]; recipients: readonly string[]; signal: AbortSignal }

/** Writes the same backup, sealed for others: the whole file or nothing. Fails like `unseal`, and with `disk_full`. */
export const reseal = async (
  from: string,
  to: string,
  { identities, recipients, signal }: Resealing,
): Promise<{ bytes: number; sha256: string }> => {
  const written = { bytes: 0, hash: createHash('sha256') }
  await mkdir(dirname(to), { recursive: true })
  await wholeFile(to, (aside) =>
    pipeline(
      createReadStream(from, { highWaterMark: PIECE }),
      unseal(identities),
      seal(recipients),
      counting(written),
      createWriteStream(aside, { mode: 0o600, flush: true }),
      { signal },
    ),
  ).catch((error) => {
    signal.throwIfAborted()
    throw diskFull(error, to)
  })
  return { bytes: written.bytes, sha256: written.hash.digest('hex') }
}
