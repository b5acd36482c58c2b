const AGAIN_MS = 60_000

/** Whether something may be said again: the same key once a minute. `now` in ms. */
export const seldom = (now: () => number): ((key: string) => boolean) => {
  const saidAt = new Map<string, number>()
  return (key) => {
    const at = now()
    if (at - (saidAt.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return false
    saidAt.set(key, at)
    return true
  }
}
