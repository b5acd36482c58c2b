const STILL_AT_IT_MS = 15_000

/** @param {string} text */
export const say = (text) => console.log(`setup: ${text}`)

/**
 * Says what begins, every 15 s that it goes on, and how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const elapsed = stopwatch()
  say(`${title} …`)
  const still = setInterval(() => say(`${title}: ${elapsed()} so far`), STILL_AT_IT_MS)
  try {
    const result = await work()
    say(`${title}: done (${elapsed()})`)
    return result
  } finally {
    clearInterval(still)
  }
}

/** @returns {() => string} the time since it was made, like `1.1 s` */
export function stopwatch() {
  const started = performance.now()
  return () => `${((performance.now() - started) / 1000).toFixed(1)} s`
}
