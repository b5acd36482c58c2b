import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { messageOf, TbsError } from '../../deploy-engine/index.ts'

/** A version of this package as a registry of npm has it. */
export type Published = { version: string; tarball: string; integrity: string }

const NAME = 'tbs-manager'
const ANSWER_MS = 60_000
const LARGEST_BYTES = 50 * 1024 * 1024

const Packument = z.object({
  'dist-tags': z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.object({ dist: z.object({ tarball: z.url(), integrity: z.string() }) })),
})

/** The newest version, or the given one. Fails with `registry_unreachable` or `unknown_version`. */
export const findPublished = async (registry: string, wanted: string | undefined, signal: AbortSignal) => {
  const url = `${registry}/${NAME}`
  const { 'dist-tags': tags, versions } = Packument.parse(JSON.parse((await get(url, signal)).toString()))
  const version = wanted ?? tags.latest ?? ''
  const dist = versions[version]?.dist
  if (dist) return { version, ...dist } satisfies Published
  throw new TbsError('unknown_version', `There is no version ${version} of ${NAME} at ${registry}`, {
    hint: `There are: ${Object.keys(versions).slice(-SHOWN).join(', ')}`,
  })
}

const SHOWN = 5

/** Its tarball, as the registry says that it is. Fails with `registry_unreachable` or `damaged_package`. */
export const download = async ({ version, tarball, integrity }: Published, signal: AbortSignal): Promise<Buffer> => {
  const content = await get(tarball, signal)
  if (isOf(content, integrity)) return content
  throw new TbsError('damaged_package', `What came as version ${version} is not what the registry says it is`, {
    hint: 'Nothing was changed. Try again; if it stays so, somebody changes what you download',
  })
}

const isOf = (content: Buffer, integrity: string): boolean =>
  integrity.split(/\s+/).some((one) => {
    const [, hash = '', expected = ''] = /^sha512-([A-Za-z0-9+/=]+)$/.test(one) ? ['', 'sha512', one.slice(7)] : []
    if (hash === '') return false
    const digest = createHash(hash).update(content).digest()
    const given = Buffer.from(expected, 'base64')
    return digest.length === given.length && timingSafeEqual(digest, given)
  })

const get = async (url: string, signal: AbortSignal): Promise<Buffer> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) })
    if (!response.ok) throw new Error(`it answers with ${response.status}`)
    if (Number(response.headers.get('content-length')) > LARGEST_BYTES) throw new Error('it is larger than 50 MB')
    return Buffer.from(await response.arrayBuffer())
  } catch (cause) {
    signal.throwIfAborted()
    const reason = cause instanceof Error && cause.cause ? messageOf(cause.cause) : messageOf(cause)
    throw new TbsError('registry_unreachable', `${new URL(url).origin} could not be read: ${reason}`, {
      hint: 'Nothing was changed. From elsewhere: npx tbs-manager@latest upgrade user@host',
      cause,
    })
  }
}
