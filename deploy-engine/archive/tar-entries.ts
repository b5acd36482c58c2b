import type { Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'

export type Bytes = AsyncIterable<Uint8Array>
export type Visit = (header: tar.Header, content: Bytes) => Promise<void>

/** Calls back for each entry of a tar in turn. What the visitor leaves of an entry is skipped. */
export const eachEntry = async (source: Bytes, visit: Visit): Promise<void> => {
  const extract = tar.extract()
  const refusal: { error?: unknown } = {}
  const fed = pipeline(Readable.from(source, { objectMode: false }), extract)
  // Awaited below, but it may fail before.
  fed.catch(() => undefined)
  try {
    for await (const entry of extract) {
      // Typed as a stream of anything.
      const content = entry as AsyncIterable<unknown> as Bytes
      await visit(entry.header, content).catch((error) => {
        refusal.error = error
        throw error
      })
      entry.resume()
    }
  } catch (error) {
    if ('error' in refusal) throw refusal.error
    // What broke the tar off is the reason, not that it was broken off.
    await fed
    throw error
  }
  await fed
}

/** Takes down how much went by, and of what. */
export const counting = (seen: { bytes: number; hash?: Hash }) =>
  async function* (source: Bytes): Bytes {
    for await (const chunk of source) {
      seen.bytes += chunk.length
      seen.hash?.update(chunk)
      yield chunk
    }
  }
