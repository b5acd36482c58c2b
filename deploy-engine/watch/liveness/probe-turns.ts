/** Shares out probes, each of which takes 0.2 s of a processor: 10 % of one at most, 2 % where there is no doubt. */
export type ProbeTurns = { take(kind: 'urgent' | 'spare', now: number): boolean }

const APART_MS = 2_000
const SPARE_APART_MS = 10_000

export const probeTurns = (): ProbeTurns => {
  let last = Number.NEGATIVE_INFINITY
  let lastSpare = Number.NEGATIVE_INFINITY
  return {
    take: (kind, now) => {
      if (now - last < APART_MS || (kind === 'spare' && now - lastSpare < SPARE_APART_MS)) return false
      last = now
      if (kind === 'spare') lastSpare = now
      return true
    },
  }
}
