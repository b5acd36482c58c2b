import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { node24 } from '../base-images/node-24.mjs'
import { makeStandIn, STAND_IN_LABEL } from '../base-images/stand-in.mjs'
import { ask } from './command.mjs'
import { SetupError } from './setup-error.mjs'
import { say, step } from './step.mjs'

const STALLED_MS = 60_000
const PAUSE_MS = 1_000
const PROBE_MS = 1_000

/** @typedef {import('./engine-api.mjs').EngineApi} EngineApi */

/**
 * The public images that the product builds on, each with the way to make a stand-in where there is no registry.
 * @type {{ image: string, standIn: import('../base-images/stand-in.mjs').StandIn }[]}
 */
const BASE_IMAGES = [{ image: 'node:24-bookworm-slim', standIn: node24 }]

/**
 * @param {EngineApi} engine
 * @param {AbortSignal} signal
 * @returns {Promise<{ missing: string[], standIns: { image: string, id: string }[] }>}
 */
export async function lookAtImages(engine, signal) {
  const found = await Promise.all(
    BASE_IMAGES.map(async ({ image }) => ({ image, details: await engine.image(image, signal) })),
  )
  return {
    missing: found.filter(({ details }) => !details).map(({ image }) => image),
    standIns: found.flatMap(({ image, details }) =>
      details?.Config.Labels?.[STAND_IN_LABEL] ? [{ image, id: details.Id }] : [],
    ),
  }
}

/**
 * Pulls the missing images; where the registry is out of reach, makes stand-ins for them.
 * @param {EngineApi} engine
 * @param {object} options
 * @param {string[]} options.missing
 * @param {(packages: string[], signal: AbortSignal) => Promise<void>} options.install
 * @param {boolean} options.mayAct
 * @param {AbortSignal} options.signal
 */
export async function provideImages(engine, { missing, install, mayAct, signal }) {
  for (const { image, standIn } of BASE_IMAGES.filter(({ image }) => missing.includes(image))) {
    const failure = await pullTwice(engine, image, signal)
    if (!failure) continue
    if (!isUnreachable(failure)) throw new SetupError(`${image} could not be pulled: ${failure}`)
    if (!mayAct) throw new SetupError(standInAdvice(image, failure))
    if ((await ask('debootstrap', ['--version'], { signal })) === undefined) await install(['debootstrap'], signal)
    warn(`${image} could not be pulled, twice: ${failure}`)
    warn(
      'An OFFLINE STAND-IN takes its name, made from Debian packages and the npm registry. It is NOT the real image.',
    )
    warn('Every later run looks for the registry and replaces the stand-in once a pull works.')
    await step(`making the stand-in for ${image}`, () => makeStandIn(standIn, { image, engine, signal }))
  }
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
  let replaced = false
  for (const { image, id } of standIns) {
    const failure = await pull(engine, image, signal)
    if (failure) continue
    replaced = true
    say(`${image}: the real image has replaced the offline stand-in`)
    // Refused while a container or an image is made from it: then it stays, without a name, for `docker image prune`.
    await engine.removeImage(id, signal).catch(() => signal.throwIfAborted())
  }
  return replaced
}

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

/**
 * @param {string} image
 * @param {string} failure
 */
const standInAdvice = (image, failure) =>
  `${image} could not be pulled: ${failure}\n` +
  'Connect this machine to the registry; or let root make an offline stand-in (Debian or Ubuntu):\n' +
  '  sudo node scripts/setup.mjs'

/** @param {string} text */
const warn = (text) => console.warn(`setup: !! ${text}`)
