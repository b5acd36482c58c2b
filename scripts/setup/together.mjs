import { setMaxListeners } from 'node:events'

/**
 * Does all at the same time; when one fails the others are ended, and the first failure is thrown.
 * @param {AbortSignal} signal
 * @param {((signal: AbortSignal) => Promise<void>)[]} works
 */
export async function together(signal, works) {
  const failed = new AbortController()
  const all = AbortSignal.any([signal, failed.signal])
  // Each program that runs and each request listens.
  setMaxListeners(0, all)
  await Promise.allSettled(works.map((work) => work(all).catch((error) => failed.abort(error))))
  if (failed.signal.aborted) throw failed.signal.reason
}
