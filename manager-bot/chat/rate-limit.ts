/** `told`: over the limit for the first time since there was room. */
export type Verdict = 'go' | 'told' | 'silent'

/** Asked once for each thing that a person asks for. */
export type RateLimit = (personId: number) => Verdict

type Bucket = { left: number; at: number; told: boolean }

const BURST = 40
const PER_MS = 1 / 1000

/** Per person 40 at once, then one a second. `now` in ms. */
export const rateLimit = (now: () => number): RateLimit => {
  const buckets = new Map<number, Bucket>()
  return (personId) => {
    const at = now()
    const last = buckets.get(personId) ?? { left: BURST, at, told: false }
    const left = Math.min(BURST, last.left + Math.max(0, at - last.at) * PER_MS)
    if (left >= 1) {
      buckets.set(personId, { left: left - 1, at, told: false })
      return 'go'
    }
    buckets.set(personId, { left, at, told: true })
    return last.told ? 'silent' : 'told'
  }
}

export const SLOW_DOWN = 'Slow down: I take about one command a second. What comes faster is not run.'
