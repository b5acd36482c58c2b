import { PassThrough, type Readable, type Writable } from 'node:stream'
import { pack } from './pack.ts'
import { STREAM } from './sides.ts'
import { unpack } from './unpack.ts'

/** What is sent as a tar becomes files here. */
export const received = async <T>(local: string, send: (into: Writable) => Promise<T>): Promise<T> => {
  if (local === STREAM) return send(process.stdout)
  const tar = new PassThrough()
  const unpacked = unpack(tar, local)
  // Whoever sends may not notice that nobody takes it any more.
  const refused = new Promise<never>((_, reject) => {
    unpacked.catch((error) => {
      reject(error)
      tar.destroy()
    })
  })
  const result = await Promise.race([refused, send(tar)])
  tar.end()
  await unpacked
  return result
}

/** Files here are sent as a tar. */
export const sent = async <T>(local: string, send: (content: Readable) => Promise<T>): Promise<T> => {
  if (local === STREAM) return send(process.stdin)
  const content = await pack(local)
  const broken = new Promise<never>((_, reject) => content.once('error', reject))
  return Promise.race([broken, send(content)])
}
