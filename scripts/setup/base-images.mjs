import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { BASE_IMAGES } from '../base-images/catalogue.mjs'
import { kindOf, makeStandIns, ROOT } from '../base-images/stand-in.mjs'
import { keptAuthority } from '../base-images/telegram-certificate.mjs'
import { ask } from './command.mjs'
import { SetupError } from './setup-error.mjs'
import { say, step } from './step.mjs'

const STALLED_MS = 60_000
const PAUSE_MS = 1_000
const PROBE_MS = 1_000

/** @typedef {import('./engine-api.mjs').EngineApi} EngineApi */
/** @typedef {import('../base-images/catalogue.mjs').BaseImage} BaseImage */

/**
 * Of the images that are wanted: those that are not there, or whose stand-in is of an older edition, and the stand-ins.
 * @param {EngineApi} engine
 * @param {{ forTests: boolean, signal: AbortSignal }} options
 * @returns {Promise<{ missing: string[], standIns: { image: string, id: string }[] }>}
 */
export async function lookAtImages(engine, { forTests, signal }) {
  const found = await find(engine, { forTests, signal })
  const standIns = found.flatMap(({ image, kind, id }) => (kind === 'stand-in' && id ? [{ image, id }] : []))
  const wanted = found.filter(({ use }) => use !== 'offline' || standIns.length > 0)
  return { missing: wanted.filter(isMissing).map(({ image }) => image), standIns }
}

/** @typedef {BaseImage & { kind: ReturnType<typeof kindOf> | 'absent', id: string | undefined }} Found */

/** @param {Found} found */
const isMissing = ({ kind }) => kind === 'absent' || kind === 'outdated'

/**
 * @param {EngineApi} engine
 * @param {{ forTests: boolean, signal: AbortSignal }} options
 * @returns {Promise<Found[]>}
 */
async function find(engine, { forTests, signal }) {
  // Only tests talk to what this machine passes off as Telegram.
  const authority = forTests ? ((await keptAuthority()) ?? 'none') : undefined
  const wanted = BASE_IMAGES.filter(({ use }) => forTests || use === 'start')
  /** @type {Found[]} */
  const found = []
  for (const base of wanted) {
    const details = await engine.image(base.image, signal)
    const kind = details ? kindOf(details.Config.Labels, authority) : 'absent'
    found.push({ ...base, kind, id: details?.Id })
  }
  return found
}

/**
 * Pulls the missing images; where the registry is out of reach, makes stand-ins for them, and for what repositories'
 * own Dockerfiles may name.
 * @param {EngineApi} engine
 * @param {object} options
 * @param {boolean} options.forTests
 * @param {(packages: string[], signal: AbortSignal) => Promise<void>} options.install
 * @param {boolean} options.mayAct
 * @param {AbortSignal} options.signal
 */
export async function provideImages(engine, { forTests, install, mayAct, signal }) {
  const found = await find(engine, { forTests, signal })
  const missing = found.filter(isMissing)
  const unreachable = await pullAll(
    engine,
    missing.filter(({ use }) => use !== 'offline').map(({ image }) => image),
    signal,
  )
  const offline = unreachable.length > 0 || found.some(({ kind }) => kind === 'stand-in')
  const wanted = missing.filter(({ image, use }) => (use === 'offline' ? offline : unreachable.includes(image)))
  if (wanted.length === 0) return
  const names = wanted.map(({ image }) => image).join(', ')
  if (!mayAct) throw new SetupError(standInAdvice(names))
  await installMissing(install, signal)
  warn(`OFFLINE STAND-INS take these names, made from Debian packages and the npm registry: ${names}`)
  warn('They are NOT the real images. Every later run looks for the registry and replaces them once a pull works.')
  const standing = new Map(found.flatMap(({ kind, id, recipe }) => (kind === 'stand-in' && id ? [[recipe, id]] : [])))
  await step('making the stand-ins', () => makeStandIns(wanted, { standing, engine, signal }))
  for (const id of new Set(wanted.map(({ id }) => id))) if (id) await remove(engine, id, signal)
}

/**
 * @param {EngineApi} engine
 * @param {string[]} images
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>} those whose registry can't be reached
 */
async function pullAll(engine, images, signal) {
  const failures = await Promise.all(
    images.map(async (image) => ({ image, why: await pullTwice(engine, image, signal) })),
  )
  const failed = failures.flatMap(({ image, why }) => (why ? [{ image, why }] : []))
  for (const { image, why } of failed) {
    if (!isUnreachable(why)) throw new SetupError(`${image} could not be pulled: ${why}`)
    warn(`${image} could not be pulled, twice: ${why}`)
  }
  return failed.map(({ image }) => image)
}

/**
 * @param {(packages: string[], signal: AbortSignal) => Promise<void>} install
 * @param {AbortSignal} signal
 */
async function installMissing(install, signal) {
  const debootstrap = await ask('debootstrap', ['--version'], { signal })
  const openssl = await ask('openssl', ['version'], { signal })
  const packages = [
    ...(debootstrap === undefined ? ['debootstrap'] : []),
    ...(openssl === undefined ? ['openssl'] : []),
  ]
  if (packages.length > 0) await install(packages, signal)
}

/**
 * Tries to replace stand-ins by the real images. The registry is looked for in every run, but only for a moment, so
 * that a machine without one loses at most a second by it.
 * @param {EngineApi} engine
 * @param {{ standIns: { image: string, id: string }[], signal: AbortSignal }} options
 * @returns {Promise<boolean>} whether any was replaced
 */
export async function replaceStandIns(engine, { standIns, signal }) {
  if (standIns.length === 0 || !(await registryAnswers(engine, signal))) return false
  const offline = BASE_IMAGES.filter(({ use }) => use === 'offline').map(({ image }) => image)
  const needed = standIns.filter(({ image }) => !offline.includes(image))
  let replaced = 0
  for (const { image, id } of needed) {
    if (await pull(engine, image, signal)) continue
    replaced += 1
    say(`${image}: the real image has replaced the offline stand-in`)
    await remove(engine, id, signal)
  }
  // Docker pulls these by itself when a build names them.
  const others = standIns.filter(({ image }) => offline.includes(image)).map(({ image }) => image)
  const unneeded = replaced === needed.length && others.length > 0 ? [...others, ROOT] : []
  for (const image of unneeded) await remove(engine, image, signal)
  return replaced + unneeded.length > 0
}

// Refused while a container or an image is made from it: then it stays, without a name, for `docker image prune`.
/**
 * @param {EngineApi} engine
 * @param {string} image
 * @param {AbortSignal} signal
 */
const remove = (engine, image, signal) => engine.removeImage(image, signal).catch(() => signal.throwIfAborted())

/**
 * @param {EngineApi} engine
 * @param {string} image
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why the second pull failed
 */
async function pullTwice(engine, image, signal) {
  const failure = await pull(engine, image, signal)
  if (!failure) return undefined
  await delay(PAUSE_MS, undefined, { signal })
  return pull(engine, image, signal)
}

/**
 * @param {EngineApi} engine
 * @param {string} image
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} why it failed
 */
async function pull(engine, image, signal) {
  const stalled = new AbortController()
  const stall = () => stalled.abort(new Error(`no progress for ${STALLED_MS / 1000} s, timeout`))
  const timer = setTimeout(stall, STALLED_MS)
  try {
    await step(`docker pull ${image}`, () =>
      engine.pull(image, { signal: AbortSignal.any([signal, stalled.signal]), onProgress: () => timer.refresh() }),
    )
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    const reason = stalled.signal.aborted ? stalled.signal.reason : error
    return reason instanceof Error ? reason.message : String(reason)
  } finally {
    clearTimeout(timer)
  }
}

const UNREACHABLE = [
  'no such host',
  'server misbehaving',
  'connection (refused|reset|timed out)',
  'network is unreachable',
  'no route to host',
  'time-?out',
]

/**
 * @param {string} failure as the Engine tells it
 * @returns {boolean} whether the registry wasn't reached at all, as opposed to having refused
 */
export const isUnreachable = (failure) => new RegExp(UNREACHABLE.join('|'), 'i').test(failure)

/**
 * @param {EngineApi} engine
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether a connection to what the Engine pulls from comes about within a second
 */
async function registryAnswers(engine, signal) {
  const { HttpsProxy, RegistryConfig, IndexServerAddress } = await engine.info(signal)
  const { hostname, port, protocol } = new URL(HttpsProxy || RegistryConfig?.Mirrors?.[0] || IndexServerAddress)
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)])
  const socket = connect({ host: hostname, port: Number(port) || (protocol === 'http:' ? 80 : 443), signal: deadline })
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy())
}

/** @param {string} names */
const standInAdvice = (names) =>
  `Missing images: ${names}\n` +
  'Connect this machine to the registry; or let root make offline stand-ins (Debian or Ubuntu):\n' +
  '  sudo node scripts/setup.mjs'

/** @param {string} text */
const warn = (text) => console.warn(`setup: !! ${text}`)
