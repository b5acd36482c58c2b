import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { TbsError } from '../error.ts'
import type { Secret } from '../secret.ts'
import { unseal } from './age.ts'
import { eachEntry } from './tar-entries.ts'

/** What a backup of the manager itself holds. */
export type StateFile = { name: string; bytes: number }

/**
 * Reads a backup of the manager itself to its end. Fails with `not_a_backup`, `wrong_key`, `backup_altered`,
 * `backup_cut`, and with `missing_part` when there is no database in it.
 */
export const checkState = async (
  file: string,
  { identities, signal }: { identities: readonly Secret[]; signal: AbortSignal },
): Promise<StateFile[]> => {
  const found: StateFile[] = []
  const gunzip = createGunzip()
  const ends = await Promise.allSettled([
    pipeline(createReadStream(file), unseal(identities), gunzip, { signal }),
    eachEntry(gunzip, async ({ name, size = 0 }, content) => {
      found.push({ name, bytes: size })
      if (name === DATABASE && !(await begins(content, 'SQLite format 3\0'))) throw refused(`${name} is no database`)
    }),
  ])
  signal.throwIfAborted()
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  if (errors.length > 0) throw errors.find((error) => error instanceof TbsError) ?? refused('it holds no tar')
  if (found.some(({ name }) => name === DATABASE)) return found
  throw new TbsError('missing_part', `The backup is refused: ${DATABASE} is missing`, { hint: HINT })
}

const DATABASE = 'tbs.sqlite'
const HINT = 'Take another copy of the file, or an older backup'

const begins = async (content: AsyncIterable<Uint8Array>, text: string): Promise<boolean> => {
  let first = Buffer.alloc(0)
  for await (const chunk of content) if (first.length < text.length) first = Buffer.concat([first, chunk])
  return first.subarray(0, text.length).toString('latin1') === text
}

const refused = (why: string): TbsError =>
  new TbsError('not_a_backup', `This is no backup of tbs-manager: ${why}`, { hint: HINT })
