import { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { messageOf, TbsError } from '../error.ts'
import { Secret } from '../secret.ts'

type Bytes = AsyncIterable<Uint8Array>

/** As much as is sealed at once: read in such pieces, damage is told from the end of a file that was cut. */
export const PIECE = 64 * 1024

/** A key to open files with, and what files are sealed for it with. Debian's age knows no newer kind than this one. */
export const newIdentity = async (): Promise<{ identity: Secret; recipient: string }> => {
  const identity = await generateX25519Identity()
  return { identity: new Secret(identity), recipient: await identityToRecipient(identity) }
}

/** Fails with `bad_recovery_key`. */
export const recipientOf = async (identity: Secret): Promise<string> => {
  try {
    return await identityToRecipient(identity.reveal())
  } catch {
    // The library's own message may show a part of it.
    throw new TbsError('bad_recovery_key', 'This is no key of a backup: it begins with AGE-SECRET-KEY-1', {
      hint: 'Give the recovery key as it was shown, in one line',
    })
  }
}

/** Seals what comes for each of the recipients, as the tool `age` does. */
export const seal = (recipients: readonly string[]) =>
  async function* (source: Bytes): Bytes {
    const encrypter = new Encrypter()
    for (const recipient of recipients) encrypter.addRecipient(recipient)
    yield* fromWeb(await encrypter.encrypt(toWeb(source)))
  }

/**
 * Opens what was sealed. Each piece is genuine when it comes out, but only the end tells that nothing is missing. Fails
 * with `not_a_backup`, `wrong_key`, `backup_altered` or `backup_cut`.
 */
export const unseal = (identities: readonly Secret[]) =>
  async function* (source: Bytes): Bytes {
    const seen: Seen = { bytes: 0, ended: false }
    const decrypter = new Decrypter()
    for (const identity of identities) decrypter.addIdentity(identity.reveal())
    const opened = await decrypter.decrypt(toWeb(counted(source, seen))).catch((cause) => {
      throw headerRefused(messageOf(cause), cause)
    })
    try {
      yield* fromWeb(opened)
    } catch (cause) {
      throw seen.failure ?? damaged(seen, cause)
    }
  }

type Seen = { bytes: number; ended: boolean; failure?: unknown }

const counted = async function* (source: Bytes, seen: Seen): Bytes {
  try {
    for await (const chunk of source) {
      seen.bytes += chunk.length
      yield chunk
    }
    seen.ended = true
  } catch (error) {
    seen.failure = error
    throw error
  }
}

const headerRefused = (said: string, cause: unknown): TbsError => {
  if (/no identity matched/.test(said)) {
    return new TbsError('wrong_key', 'The backup can’t be opened with this key: it was sealed for others', {
      hint: 'Use the recovery key of the installation that made it',
      cause,
    })
  }
  return new TbsError('not_a_backup', 'This is no backup of tbs-manager, or its beginning is damaged', {
    hint: 'Take another copy of the file',
    cause,
  })
}

const damaged = ({ bytes, ended }: Seen, cause: unknown): TbsError => {
  const hint = 'Take another copy of the file, or an older backup'
  if (ended) return new TbsError('backup_cut', 'The backup was cut short, or its end was altered', { hint, cause })
  return new TbsError('backup_altered', `The backup was altered, within its first ${bytes} bytes`, { hint, cause })
}

// Asks for one piece at a time: by way of a Readable, thousands would be read ahead of a slow disk. The same class has
// two names: age-encryption is written against the browser's.
const toWeb = (source: Bytes): ReadableStream<Uint8Array> =>
  NodeReadableStream.from(source) as unknown as ReadableStream<Uint8Array>

const fromWeb = (stream: ReadableStream<Uint8Array>): Bytes => stream as unknown as NodeReadableStream<Uint8Array>
